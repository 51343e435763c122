import { Box, Text, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

/** A number with its name; `help` says what it means. */
export function Stat({ name, help, children }: { name: string; help?: string; children: ReactNode }) {
    const label = (
        <Text
            size="sm"
            c="dimmed"
            component="dt"
            w="fit-content"
            tabIndex={help ? 0 : undefined}
            td={help ? 'underline dotted' : undefined}
            style={{ textUnderlineOffset: 3 }}
        >
            {name}
        </Text>
    );
    return (
        <Box>
            {help ? (
                <Tooltip label={help} multiline maw={280} withArrow events={{ hover: true, focus: true, touch: true }}>
                    {label}
                </Tooltip>
            ) : (
                label
            )}
            <Text component="dd" m={0} fw={600} className="num">
                {children}
            </Text>
        </Box>
    );
}

/** An amount in the colour of its sign. */
export function Signed({ value, children }: { value: bigint; children: ReactNode }) {
    return <span className={`num ${value > 0n ? 'good' : value < 0n ? 'bad' : ''}`}>{children}</span>;
}
