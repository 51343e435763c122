import { Title } from '@mantine/core';

/** Not built yet. */
export function KeepersScreen() {
    return <Title order={1}>Keepers</Title>;
}
