import { Table as Mantine, Text } from '@mantine/core';
import type { BookView, PairView } from '@plimsoll/client';
import { correlation } from '../../lib/format';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';

/** One as correlations count. */
const ONE = 10_000;

/** The colour of a correlation: the stronger, the deeper. */
function shade({ inForce }: PairView): string {
    if (inForce === null) return 'transparent';
    const colour = inForce >= 0 ? 'tide' : 'amber';
    const part = Math.round((Math.min(ONE, Math.abs(inForce)) / ONE) * 60);
    return `color-mix(in srgb, var(--mantine-color-${colour}-5) ${part}%, transparent)`;
}

/** Correlations in force as a heat map, with what hedges are counted at. */
export function Correlations({ book }: { book: BookView }) {
    const { venue } = useExchange();
    const { symbol } = useChain();
    const slots = book.assets.map(({ slot }) => slot).filter((slot) => slot !== book.quoteSlot);
    const name = (slot: number) => symbol(venue.listings[slot]!);
    const pair = (a: number, b: number) => book.pairs.find((it) => it.a === Math.min(a, b) && it.b === Math.max(a, b))!;
    const least = Math.min(...slots.flatMap((a) => slots.filter((b) => b < a).map((b) => pair(a, b).samples)));
    return (
        <Panel title="Correlations">
            <Mantine.ScrollContainer minWidth={slots.length * 84} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': 'Correlations' } }}>
                <Mantine withColumnBorders withTableBorder aria-label="Correlations" verticalSpacing={6}>
                    <Mantine.Thead>
                        <Mantine.Tr>
                            <Mantine.Td />
                            {slots.map((slot) => (
                                <Mantine.Th key={slot} scope="col" ta="center">
                                    {name(slot)}
                                </Mantine.Th>
                            ))}
                        </Mantine.Tr>
                    </Mantine.Thead>
                    <Mantine.Tbody>
                        {slots.map((row) => (
                            <Mantine.Tr key={row}>
                                <Mantine.Th scope="row">{name(row)}</Mantine.Th>
                                {slots.map((column) =>
                                    row === column ? (
                                        <Mantine.Td key={column} ta="center" className="num" c="dimmed">
                                            1
                                        </Mantine.Td>
                                    ) : (
                                        <Cell key={column} pair={pair(row, column)} />
                                    ),
                                )}
                            </Mantine.Tr>
                        ))}
                    </Mantine.Tbody>
                </Mantine>
            </Mantine.ScrollContainer>
            <Text size="xs" c="dimmed" mt="xs">
                Large: measured and in force. Small: what two exposures of one direction, and a hedge, are counted at. Pairs with fewer than
                a week of common samples offset nothing{Number.isFinite(least) && least < 168 ? `; the youngest has ${least} hours` : ''}.
            </Text>
        </Panel>
    );
}

function Cell({ pair }: { pair: PairView }) {
    const { inForce, same, opposite } = pair;
    return (
        <Mantine.Td ta="center" className="num" style={{ background: shade(pair) }}>
            <b>{inForce === null ? 'unknown' : correlation(inForce)}</b>
            <Text size="xs">
                {correlation(same)} / {correlation(opposite)}
            </Text>
        </Mantine.Td>
    );
}
