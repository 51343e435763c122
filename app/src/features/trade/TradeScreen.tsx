import { Title } from '@mantine/core';

/** Not built yet. */
export function TradeScreen() {
    return <Title order={1}>Trade</Title>;
}
