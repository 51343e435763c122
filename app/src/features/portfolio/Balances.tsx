import { Button, Group, Text } from '@mantine/core';
import type { AccountView } from '@plimsoll/client';
import { Link } from 'wouter';
import type { Margin } from '../../lib/chain';
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
export function Balances({ view, margin }: { view: AccountView; margin: Margin }) {
    const { venue } = useExchange();
    const chain = useChain();
    const rows = view.balances
        .filter(({ atoms, value }) => atoms !== 0n || value !== 0n)
        .map(({ slot, kind, atoms, value, maintenance }) => {
            const { asset } = venue.listings[slot]!;
            const symbol = chain.symbol({ slot, asset });
            const lent = margin.state.balances.some((balance) => balance.slot === slot && balance.lent === 1 && balance.amount > 0n);
            return {
                key: `${slot} ${kind}`,
                cells: [
                    <Group key="token" gap={8} wrap="nowrap">
                        <Text fw={600}>{symbol}</Text>
                        <Text size="xs" c="dimmed">
                            {kind === 'debt' ? 'debt' : lent ? 'lent' : ''}
                        </Text>
                    </Group>,
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
