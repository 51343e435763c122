import { Title } from '@mantine/core';

/** Not built yet. */
export function LiquidationsScreen() {
    return <Title order={1}>Liquidations</Title>;
}
