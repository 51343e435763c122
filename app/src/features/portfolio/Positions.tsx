import { Badge, Button, Group, Text } from '@mantine/core';
import type { AccountView, PositionView } from '@plimsoll/client';
import { memo } from 'react';
import { Link } from 'wouter';
import { amount, distance, price, priceOf, usd } from '../../lib/format';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Signed } from '../../ui/Stat';
import { Table } from '../../ui/Table';

const CENT = 10_000n;
const COLUMNS = [
    { name: 'Position' },
    { name: 'Size', number: true },
    { name: 'Entry', number: true },
    { name: 'Price', number: true },
    { name: 'Liquidation', number: true },
    { name: 'Profit', number: true },
    { name: 'Funding', number: true },
    { name: 'Fees', number: true },
    { name: 'Actions', hidden: true },
];

/** Open positions, and results that are not settled yet. */
export function Positions({ view }: { view: AccountView }) {
    const { venue } = useExchange();
    const chain = useChain();
    const rows = view.positions.map((position) => {
        const { asset } = venue.listings[position.slot]!;
        const symbol = chain.symbol({ slot: position.slot, asset });
        return { key: position.slot, cells: cells(position, view, symbol, asset.decimals) };
    });
    return (
        <Panel title="Positions">
            <Table label="Positions" columns={COLUMNS} rows={rows} empty="No position is open. Open one on the trade screen." />
        </Panel>
    );
}

function cells(position: PositionView, { prices }: AccountView, symbol: string, decimals: number) {
    const { slot, kind, atoms, exposure, entry, unrealised, realised, fundingDue, fundingPaid, feesPaid } = position;
    const spot = prices.find((it) => it.slot === slot);
    const long = atoms > 0n;
    const line = long ? spot?.below : spot?.above;
    const paid = fundingPaid + fundingDue;
    const side = kind === 'claim' || atoms === 0n ? 'Closed' : long ? 'Long' : 'Short';
    return [
        <Name key="side" symbol={symbol} side={side} />,
        <>
            <div data-testid={`size-${symbol}`}>{amount(atoms < 0n ? -atoms : atoms, decimals)}</div>
            <div className="sub">
                {usd(exposure < 0n ? -exposure : exposure)}
            </div>
        </>,
        <span data-testid={`entry-${symbol}`}>{price(priceOf(entry, atoms, decimals))}</span>,
        price(spot?.price),
        <>
            <div data-testid={`liquidation-${symbol}`}>{price(line)}</div>
            <div className="sub">
                {line && spot ? distance(spot.price, line) : 'out of reach'}
            </div>
        </>,
        <>
            <Signed value={unrealised}>{usd(unrealised, { sign: true })}</Signed>
            {(realised >= CENT || realised <= -CENT) && (
                <div className="sub">
                    {usd(realised, { sign: true })} realised
                </div>
            )}
        </>,
        <Signed value={-paid}>{usd(-paid, { sign: true })}</Signed>,
        <span data-testid={`fees-${symbol}`}>{usd(feesPaid)}</span>,
        <Change key="change" symbol={symbol} />,
    ];
}

/** Parts of a row that no price changes. */
const Name = memo(function Name({ symbol, side }: { symbol: string; side: 'Long' | 'Short' | 'Closed' }) {
    return (
        <Group gap={8} wrap="nowrap">
            <Text fw={600}>{symbol}</Text>
            <Badge
                variant="light"
                style={{ flexShrink: 0 }}
                color={side === 'Long' ? 'gain' : side === 'Short' ? 'danger' : 'gray'}
            >
                {side}
            </Badge>
        </Group>
    );
});

const Change = memo(function Change({ symbol }: { symbol: string }) {
    return (
        <Button
            size="compact-sm"
            variant="default"
            component={Link}
            href={`/trade/${symbol}`}
            aria-label={`Change the ${symbol} position`}
        >
            Change
        </Button>
    );
});
