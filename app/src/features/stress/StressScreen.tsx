import { Title } from '@mantine/core';

/** Not built yet. */
export function StressScreen() {
    return <Title order={1}>Stress</Title>;
}
