import { Badge, Group, Stack, Text, Title } from '@mantine/core';
import { LEG } from '@plimsoll/client';
import { amount, clock, moment, span, usd } from '../../lib/format';
import { useChain, useExchange, useSnapshot } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Signed } from '../../ui/Stat';
import { Table } from '../../ui/Table';
import { Account, Transaction } from './links';
import { useLiquidations, type Call, type Liquidation } from './history';

const COLUMNS = [
    { name: 'When' },
    { name: 'Account' },
    { name: 'Legs' },
    { name: 'Fee', number: true },
    { name: 'To keeper', number: true },
    { name: 'To insurance', number: true },
    { name: 'Missing', number: true },
    { name: 'Equity after', number: true },
    { name: 'Transaction' },
];
const CALLS = [{ name: 'When' }, { name: 'Account' }, { name: 'What' }, { name: 'Missing', number: true }, { name: 'Transaction' }];
const WORDS = {
    MarginCalled: ['Margin call', 'amber'],
    LiquidationOpened: ['Became liquidatable', 'danger'],
    CallCleared: ['Call ended', 'gain'],
} as const;

/** Liquidations of the exchange as they happen, and the last before. */
export function LiquidationsScreen() {
    const { liquidations, calls, looking } = useLiquidations();
    const { connection } = useSnapshot();
    const live = connection.state === 'live';
    return (
        <Stack>
            <Group justify="space-between">
                <Title order={1}>Liquidations</Title>
                <Badge color={live ? 'gain' : 'amber'} variant="light" size="lg">
                    {live ? 'Live' : 'Connecting'}
                </Badge>
            </Group>
            <Feed liquidations={liquidations} looking={looking} />
            <Calls calls={calls} />
        </Stack>
    );
}

function Feed({ liquidations, looking }: { liquidations: Liquidation[]; looking: boolean }) {
    const { now } = useExchange();
    const rows = liquidations.map(({ key, signature, time, data }) => {
        const { account, legs, fee, feeKeeper, feeInsurance, reward, shortageBefore, shortageAfter, equityAfter } = data;
        return {
            key,
            cells: [
                time === null ? (
                    '–'
                ) : (
                    <span key="time" title={moment(time)} className="num">
                        {now - time < 86_400n ? `${span(now - time)} ago` : moment(time)}
                    </span>
                ),
                <Account key="account" of={account} />,
                <Stack key="legs" gap={2}>
                    {legs.map((leg) => (
                        <Leg key={`${leg.kind} ${leg.slot}`} {...leg} />
                    ))}
                </Stack>,
                usd(fee),
                usd(feeKeeper + reward),
                usd(feeInsurance),
                <>
                    <div>{usd(shortageBefore)}</div>
                    <Text size="xs" c="dimmed">
                        <span aria-label="becomes">→</span> {shortageAfter > 0n ? usd(shortageAfter) : 'nothing'}
                    </Text>
                </>,
                <Signed key="equity" value={equityAfter < 0n ? equityAfter : 0n}>
                    {usd(equityAfter)}
                </Signed>,
                <Transaction key="link" signature={signature} />,
            ],
        };
    });
    const none = looking ? 'Looking at the past…' : 'Nobody was liquidated lately. The next one appears here by itself.';
    return (
        <Panel title="Latest">
            <div data-testid="liquidations">
                <Table label="Liquidations" columns={COLUMNS} rows={rows} empty={none} />
            </div>
        </Panel>
    );
}

function Leg({ slot, kind, size, notional, insurance }: { slot: number; kind: number; size: bigint; notional: bigint; insurance: bigint }) {
    const { venue } = useExchange();
    const { symbol } = useChain();
    const listing = venue.listings[slot]!;
    const what = kind === LEG.position ? 'closed' : kind === LEG.collateral ? 'sold' : 'repaid';
    return (
        <Text size="sm" className="num">
            {amount(size, listing.asset.decimals, 4)} {symbol(listing)} {what} for {usd(notional)}
            {insurance > 0n && `, ${usd(insurance)} of it to insurance`}
        </Text>
    );
}

function Calls({ calls }: { calls: Call[] }) {
    const rows = calls.map(({ key, signature, time, name, account, amount: missing }) => ({
        key,
        cells: [
            clock(time),
            <Account key="account" of={account} />,
            <Badge key="what" color={WORDS[name][1]} variant="light">
                {WORDS[name][0]}
            </Badge>,
            usd(missing),
            <Transaction key="link" signature={signature} />,
        ],
    }));
    return (
        <Panel title="Margin calls since this page was opened">
            <Table label="Margin calls" columns={CALLS} rows={rows} empty="None was heard yet." />
        </Panel>
    );
}
