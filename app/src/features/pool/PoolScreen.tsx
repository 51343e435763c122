import { Title } from '@mantine/core';

/** Not built yet. */
export function PoolScreen() {
    return <Title order={1}>Pool</Title>;
}
