import { Title } from '@mantine/core';

/** Not built yet. */
export function MoneyScreen() {
    return <Title order={1}>Money</Title>;
}
