import { Title } from '@mantine/core';

/** Not built yet. */
export function BookScreen() {
    return <Title order={1}>Book</Title>;
}
