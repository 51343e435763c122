import { Card, Group, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

/** A part of a screen with a title; `aside` stands at its right. */
export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
    const id = useId();
    return (
        <Card
            withBorder
            component="section"
            aria-labelledby={id}
            bg="var(--surface)"
            padding="md"
            style={{ borderColor: 'var(--line)' }}
        >
            <Group justify="space-between" mb="sm" gap="xs">
                <Title order={2} id={id}>
                    {title}
                </Title>
                {aside}
            </Group>
            {children}
        </Card>
    );
}
