import { Progress, SimpleGrid, Text } from '@mantine/core';
import type { Edge, Explanation } from '@plimsoll/client';
import { deviations, dollars, percentOf, usd } from '../../lib/format';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';

const LEGS = [
    { name: 'Leg' },
    { name: 'Exposure', number: true },
    { name: 'Alone, maintenance', number: true },
    { name: 'Alone, initial', number: true },
    { name: 'Share', number: true },
];
const PRICES = [{ name: 'Asset' }, { name: 'Price', number: true }, { name: 'Liquidated below', number: true }, { name: 'or above', number: true }];

/** Legs by what they need, and prices at which each asset alone liquidates. */
export function Lines({ explanation }: { explanation: Explanation }) {
    const { legs, prices } = explanation;
    const rows = legs.map(({ asset, kind, slot, exposure, maintenance, initial, share }) => ({
        key: `${kind} ${slot}`,
        cells: [
            <>
                <Text span fw={600} size="sm">
                    {asset}
                </Text>{' '}
                <Text span size="sm" c="dimmed">
                    {kind}
                </Text>
            </>,
            usd(exposure),
            usd(maintenance),
            usd(initial),
            <>
                {percentOf(share, { places: 1 })}
                <Progress value={share * 100} size="xs" aria-hidden mt={2} />
            </>,
        ],
    }));
    const lines = prices.map(({ slot, asset, price, liquidatable, below, above }) => ({
        key: slot,
        cells: [
            <Text key="asset" fw={600} size="sm">
                {asset}
            </Text>,
            dollars(price),
            <Line key="below" edge={below} now={liquidatable} id={`below-${asset}`} />,
            <Line key="above" edge={above} now={liquidatable} id={`above-${asset}`} />,
        ],
    }));
    return (
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
            <Panel title="What takes the margin">
                <Table label="Legs" columns={LEGS} rows={rows} empty="The account holds nothing." />
            </Panel>
            <Panel title="Liquidation prices">
                <Table label="Liquidation prices" columns={PRICES} rows={lines} empty="Nothing here can be liquidated by a price." />
                <Text size="xs" c="dimmed" mt="xs">
                    Each asset alone, all others standing still; σ counts deviations of a day as they are in force.
                </Text>
            </Panel>
        </SimpleGrid>
    );
}

function Line({ edge, now, id }: { edge: Edge | null; now: boolean; id: string }) {
    if (now) return <span className="bad">now</span>;
    if (!edge) return <Text c="dimmed">–</Text>;
    return (
        <>
            <div data-testid={id}>{dollars(edge.price)}</div>
            <Text size="xs" c="dimmed">
                {percentOf(edge.distance, { places: 1, sign: true })}, {deviations(edge.days_sigma)}
            </Text>
        </>
    );
}
