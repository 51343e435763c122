import { Badge, Group, Text } from '@mantine/core';
import type { AssetView } from '@plimsoll/client';
import { percentOf, span, timesOf } from '../../lib/format';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';

const COLUMNS = [
    { name: 'Asset' },
    { name: 'Maintenance long', number: true },
    { name: 'Maintenance short', number: true },
    { name: 'Initial long', number: true },
    { name: 'Initial short', number: true },
    { name: 'σ of a day', number: true },
    { name: 'Arrives in', number: true },
    { name: 'Besides' },
];

/** Rates in force, and where they go. */
export function Rates({ assets, now }: { assets: AssetView[]; now: bigint }) {
    const { venue } = useExchange();
    const { symbol } = useChain();
    const rows = assets.map((asset) => {
        const { slot, inForce, ahead, arrives, dailyDeviation, targetDeviation, samples } = asset;
        return {
            key: slot,
            cells: [
                <Text key="name" fw={600} size="sm">
                    {symbol(venue.listings[slot]!)}
                </Text>,
                ...inForce.map((rate, at) => <Going key={at} from={rate} to={ahead[at]!} />),
                <>
                    <Going from={dailyDeviation} to={targetDeviation} />
                    <Text size="xs" c="dimmed">
                        {samples} samples
                    </Text>
                </>,
                arrives === null ? 'there' : span(arrives - now),
                <Besides key="besides" asset={asset} />,
            ],
        };
    });
    return (
        <Panel title="Rates in force, and where they go">
            <Table label="Rates" columns={COLUMNS} rows={rows} empty="Nothing is listed." />
            <Text size="xs" c="dimmed" mt="xs">
                Maintenance follows measured volatility by at most half more in a day: where it goes is known before it is there. Initial
                rates follow at once.
            </Text>
        </Panel>
    );
}

/** A rate, and what it will be where that is something else. */
function Going({ from, to }: { from: number; to: number }) {
    const [now, then] = [percentOf(from), percentOf(to)];
    if (now === then) return <span>{now}</span>;
    return (
        <>
            <div>{now}</div>
            <Text size="xs" c={to > from ? 'var(--warn)' : 'dimmed'}>
                <span aria-label="goes to">→</span> {then}
            </Text>
        </>
    );
}

/** What raises initial rates besides volatility. */
function Besides({ asset }: { asset: AssetView }) {
    const { openInterest, liquidated, tightened } = asset;
    const found: string[] = [];
    if (openInterest > 0) found.push(`Open interest ${percentOf(openInterest, { places: 0 })}`);
    if (liquidated) found.push('Much was liquidated');
    if (tightened > 1) found.push(`Tightened ${timesOf(tightened)}`);
    if (found.length === 0) return <Text c="dimmed">–</Text>;
    return (
        <Group gap={6}>
            {found.map((says) => (
                <Badge key={says} color="amber" variant="light">
                    {says}
                </Badge>
            ))}
        </Group>
    );
}
