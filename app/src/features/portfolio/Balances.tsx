import { Button, Text } from '@mantine/core';
import type { AccountView } from '@plimsoll/client';
import { Link } from 'wouter';
import { amount, usd } from '../../lib/format';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';

const COLUMNS = [
    { name: 'Token' },
    { name: 'Amount', number: true },
    { name: 'Value', number: true },
    { name: 'Maintenance', number: true },
    { name: 'Actions', hidden: true },
];

/** Deposits and debts. The quote leg carries results of positions and debts to the pool as well. */
export function Balances({ view }: { view: AccountView }) {
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
                        <Text size="xs" c="dimmed">
                            {kind === 'debt' ? 'debt' : lent ? 'lent' : kind === 'quote' && view.positions.length > 0 ? 'with results of positions' : ''}
                        </Text>
                    </>,
                    <span key="amount" data-testid={`balance-${symbol}`}>
                        {amount(atoms, asset.decimals)}
                    </span>,
                    usd(value),
                    usd(maintenance),
                    <Button key="go" size="compact-sm" variant="default" component={Link} href={kind === 'debt' ? '/money/repay' : '/money/withdraw'} aria-label={`${kind === 'debt' ? 'Repay' : 'Withdraw'} ${symbol}`}>
                        {kind === 'debt' ? 'Repay' : 'Withdraw'}
                    </Button>,
                ],
            };
        });
    return (
        <Panel title="Balances">
            <Table label="Balances" columns={COLUMNS} rows={rows} empty="Nothing is deposited yet." />
        </Panel>
    );
}
