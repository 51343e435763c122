import { Box, Group, Text } from '@mantine/core';
import { Fragment, type ReactNode } from 'react';

/** A figure before and after an action. */
export type Change = { name: string; before?: ReactNode; after: ReactNode; id?: string };

/** What an action changes, one figure a line. */
export function BeforeAfter({ changes }: { changes: Change[] }) {
    return (
        <Box component="dl" aria-live="polite" aria-label="What it changes">
            {changes.map(({ name, before, after, id }) => (
                <Group key={name} justify="space-between" gap="xs" py={3} wrap="nowrap">
                    <Text component="dt" size="sm" c="dimmed">
                        {name}
                    </Text>
                    <Text component="dd" m={0} size="sm" className="num" ta="right">
                        {before !== undefined && (
                            <Fragment>
                                <Text span size="sm" c="dimmed">
                                    {before} <span aria-label="becomes">→</span>{' '}
                                </Text>
                            </Fragment>
                        )}
                        <b data-testid={id}>{after}</b>
                    </Text>
                </Group>
            ))}
        </Box>
    );
}
