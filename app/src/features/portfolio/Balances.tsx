import { Button, Group, Text } from '@mantine/core';
import type { AccountView } from '@plimsoll/client';
import { Link } from 'wouter';
import { useAct } from '../../lib/act';
import type { Margin } from '../../lib/chain';
import { amount, usd } from '../../lib/format';
import { useChain, useExchange, useMine } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { lending } from '../money/payments';

const COLUMNS = [
    { name: 'Token' },
    { name: 'Amount', number: true },
    { name: 'Value', number: true },
    { name: 'Maintenance', number: true },
    { name: 'Actions', hidden: true },
];

/** Deposits and debts. The quote leg carries results of positions and debts to the pool as well. */
export function Balances({ view, margin }: { view: AccountView; margin: Margin }) {
    const { venue } = useExchange();
    const chain = useChain();
    const rows = view.balances
        .filter(({ atoms, value }) => atoms !== 0n || value !== 0n)
        .map(({ slot, kind, atoms, value, maintenance, lent }) => {
            const { asset } = venue.listings[slot]!;
            const symbol = chain.symbol({ slot, asset });
            return {
                key: `${slot} ${kind}`,
                cells: [
                    <>
                        <Text fw={600}>{symbol}</Text>
                        <div className="sub">
                            {kind === 'debt'
                                ? 'debt'
                                : lent
                                  ? 'lent'
                                  : kind === 'quote' && view.positions.length > 0
                                    ? 'with results'
                                    : ''}
                        </div>
                    </>,
                    <span key="amount" data-testid={`balance-${symbol}`}>
                        {amount(atoms, asset.decimals, 5)}
                    </span>,
                    usd(value),
                    usd(maintenance),
                    <Group key="go" gap={4} wrap="nowrap" justify="flex-end">
                        {kind === 'deposit' && <Lending margin={margin} slot={slot} lent={lent} symbol={symbol} />}
                        <Button
                            size="compact-sm"
                            variant="default"
                            component={Link}
                            href={kind === 'debt' ? '/money/repay' : '/money/withdraw'}
                            aria-label={`${kind === 'debt' ? 'Repay' : 'Withdraw'} ${symbol}`}
                        >
                            {kind === 'debt' ? 'Repay' : 'Withdraw'}
                        </Button>
                    </Group>,
                ],
            };
        });
    return (
        <Panel title="Balances">
            <Table label="Balances" columns={COLUMNS} rows={rows} empty="Nothing is deposited yet." />
        </Panel>
    );
}

/** A deposit is lent only if its owner says so: it then earns interest, and bears losses of loans. */
function Lending({ margin, slot, lent, symbol }: { margin: Margin; slot: number; lent: boolean; symbol: string }) {
    const { venue } = useExchange();
    const mine = useMine();
    const { act, busy } = useAct();
    const change = () =>
        act({
            title: lent ? `Stop lending ${symbol}` : `Lend ${symbol}`,
            build: async () => lending(venue, mine!, margin.address, slot, !lent),
        });
    return (
        <Button
            size="compact-sm"
            variant="default"
            loading={busy}
            disabled={!mine}
            onClick={() => void change()}
            aria-label={`${lent ? 'Stop lending' : 'Lend'} ${symbol}`}
        >
            {lent ? 'Stop lending' : 'Lend'}
        </Button>
    );
}
