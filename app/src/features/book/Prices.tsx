import { Badge, Group, Text } from '@mantine/core';
import type { AssetView } from '@plimsoll/client';
import { percent, ppmOf, price, span } from '../../lib/format';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';

const COLUMNS = [
    { name: 'Asset' },
    { name: 'Price', number: true },
    { name: 'Confidence', number: true },
    { name: 'Average', number: true },
    { name: 'Age', number: true },
    { name: 'State' },
];

/** Prices as the book has them. */
export function Prices({ assets }: { assets: AssetView[] }) {
    const { venue } = useExchange();
    const { symbol } = useChain();
    const rows = assets.map((asset) => {
        const { slot, price: spot, confidence, ema, age, fresh, publishTime } = asset;
        const name = symbol(venue.listings[slot]!);
        const known = publishTime > 0n;
        return {
            key: slot,
            cells: [
                <Text key="name" fw={600} size="sm">
                    {name}
                </Text>,
                <span key="price" data-testid={`book-price-${name}`}>
                    {known ? price(spot) : '–'}
                </span>,
                known ? (
                    <>
                        ± {price(confidence)}
                        <Text size="xs" c="dimmed">
                            {percent(ppmOf(confidence, spot), { places: 3 })}
                        </Text>
                    </>
                ) : (
                    '–'
                ),
                known ? price(ema) : '–',
                known ? <span className={fresh ? undefined : 'bad'}>{span(age)}</span> : 'never',
                <States key="state" asset={asset} />,
            ],
        };
    });
    return (
        <Panel title="Prices">
            <Table label="Prices" columns={COLUMNS} rows={rows} empty="Nothing is listed." />
        </Panel>
    );
}

/** What stands against the use of a price, or that nothing does. */
function States({ asset }: { asset: AssetView }) {
    const { quality, fresh, halted, breaker, publishTime } = asset;
    const found: [name: string, colour: string, says: string][] = [];
    if (halted) found.push(['Halted', 'danger', 'No position or debt in it may grow.']);
    if (publishTime === 0n) found.push(['No price', 'danger', 'Nothing can be valued by it.']);
    else if (quality === 'expired') found.push(['Expired', 'danger', 'Too old to count: deposits of it are worth nothing.']);
    else if (quality === 'unpriceable') found.push(['Unpriceable', 'danger', 'Old or uncertain: it does not count as collateral.']);
    else if (!fresh) found.push(['Stale', 'amber', 'Too old to trade with; it still counts.']);
    if (breaker) found.push(['Breaker', 'amber', 'Far from its average, or uncertain: risk by it cannot grow.']);
    if (found.length === 0) found.push(['Live', 'gain', 'In order.']);
    return (
        <Group gap={6}>
            {found.map(([name, colour, says]) => (
                <Badge key={name} color={colour} variant="light" title={says}>
                    {name}
                </Badge>
            ))}
        </Group>
    );
}
