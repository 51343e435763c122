import { Text, Tooltip } from '@mantine/core';
import { memo, type ReactNode } from 'react';

/** A number with its name; `help` says what it means. */
export function Stat({ name, help, children }: { name: string; help?: string; children: ReactNode }) {
    return (
        <div>
            <Label name={name} help={help} />
            <dd className="figure num">{children}</dd>
        </div>
    );
}

/** Apart from the number, which changes more often. */
const Label = memo(function Label({ name, help }: { name: string; help?: string }) {
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
    if (!help) return label;
    return (
        <Tooltip label={help} multiline maw={280} withArrow events={{ hover: true, focus: true, touch: true }}>
            {label}
        </Tooltip>
    );
});

/** An amount in the colour of its sign. */
export function Signed({ value, children }: { value: bigint; children: ReactNode }) {
    return <span className={`num ${value > 0n ? 'good' : value < 0n ? 'bad' : ''}`}>{children}</span>;
}
