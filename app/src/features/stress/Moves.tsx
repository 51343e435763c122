import { Box, Button, Group, Slider, Stack, Text } from '@mantine/core';
import { partsOfPercent, percent, price } from '../../lib/format';
import { useChain, useExchange, useSelected, useView } from '../../lib/session';

/** Moves by slot, in whole percent. */
export type Percents = Record<number, number>;

const [LOWEST, HIGHEST] = [-90, 100];
const MARKS = [-50, 0, 50].map((value) => ({ value, label: value === 0 ? '0' : percent(partsOfPercent(value), { places: 0, sign: true }) }));

/** The moves as the engine takes them. */
export const partsOf = (percents: Percents) =>
    Object.entries(percents)
        .filter(([, whole]) => whole !== 0)
        .map(([slot, whole]) => ({ slot: Number(slot), parts: partsOfPercent(whole) }));

/** A slider for each asset held, and one for all of them. */
export function Moves({ slots, percents, setPercents }: {
    slots: number[];
    percents: Percents;
    setPercents(percents: Percents): void;
}) {
    const { venue } = useExchange();
    const { symbol } = useChain();
    const { margin } = useSelected();
    const { view } = useView(margin);
    const values = slots.map((slot) => percents[slot] ?? 0);
    const together = values.every((value) => value === values[0]) ? values[0]! : 0;
    const all = (value: number) => setPercents(Object.fromEntries(slots.map((slot) => [slot, value])));
    return (
        <Stack gap="lg">
            {slots.length > 1 && <Move name="All together" value={together} set={all} />}
            {slots.map((slot) => {
                const spot = view?.prices.find((it) => it.slot === slot)?.price;
                const value = percents[slot] ?? 0;
                const set = (to: number) => setPercents({ ...percents, [slot]: to });
                return <Move key={slot} name={symbol(venue.listings[slot]!)} at={price(spot)} value={value} set={set} />;
            })}
            <Group gap="xs">
                {[-10, -20, -40].map((value) => (
                    <Button key={value} size="compact-sm" variant="default" onClick={() => all(value)}>
                        All {percent(partsOfPercent(value), { places: 0 })}
                    </Button>
                ))}
                <Button size="compact-sm" variant="subtle" onClick={() => setPercents({})} disabled={partsOf(percents).length === 0}>
                    Back to now
                </Button>
            </Group>
        </Stack>
    );
}

function Move({ name, at, value, set }: { name: string; at?: string; value: number; set(value: number): void }) {
    const shown = percent(partsOfPercent(value), { places: 0, sign: true });
    return (
        <Box>
            <Group justify="space-between" mb={4}>
                <Text size="sm" fw={600}>
                    {name}{' '}
                    {at && (
                        <Text span size="sm" c="dimmed" className="num">
                            {at}
                        </Text>
                    )}
                </Text>
                <Text size="sm" className={`num ${value < 0 ? 'bad' : value > 0 ? 'good' : ''}`}>
                    {shown}
                </Text>
            </Group>
            <Slider
                thumbLabel={`Move of ${name}`}
                thumbProps={{ 'aria-valuetext': shown }}
                label={null}
                min={LOWEST}
                max={HIGHEST}
                step={1}
                marks={MARKS}
                value={value}
                onChange={set}
                mb="md"
            />
        </Box>
    );
}
