import { Button, TextInput, type TextInputProps } from '@mantine/core';
import { amount, parseAmount, plain } from '../lib/format';

type Props = Omit<TextInputProps, 'value' | 'onChange'> & {
    text: string;
    onText(text: string): void;
    /** Of the unit that is typed. */
    decimals: number;
    unit: string;
    /** The largest that makes sense, in atoms, offered by a button. */
    most?: bigint | null;
    /** Why more than that does not. */
    beyond?: string;
};

/** A field for an amount of something. */
export function AmountField({ text, onText, decimals, unit, most, beyond, label, ...rest }: Props) {
    const atoms = parseAmount(text, decimals);
    const wrong = atoms === null ? `Expected a number with at most ${decimals} decimals` : null;
    const tooMuch = atoms !== null && most !== undefined && most !== null && atoms > most ? (beyond ?? null) : null;
    const offered = most !== undefined && most !== null;
    return (
        <TextInput
            label={label}
            placeholder="0"
            inputMode="decimal"
            autoComplete="off"
            value={text}
            error={wrong ?? tooMuch}
            onChange={({ currentTarget }) => onText(currentTarget.value)}
            rightSectionWidth="auto"
            rightSection={
                <Button.Group mr={4}>
                    {offered && (
                        <Button
                            size="compact-sm"
                            variant="subtle"
                            onClick={() => onText(plain(most, decimals))}
                            aria-label={`Max: ${amount(most, decimals)} ${unit}`}
                        >
                            Max
                        </Button>
                    )}
                    <Button.GroupSection size="compact-sm" variant="transparent" style={{ color: 'var(--muted)' }}>
                        {unit}
                    </Button.GroupSection>
                </Button.Group>
            }
            {...rest}
        />
    );
}
