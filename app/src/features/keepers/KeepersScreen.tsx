import { Badge, Group, SegmentedControl, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { Standing } from '@plimsoll/client';
import { useState } from 'react';
import { span, timesOf, usd, usdShort } from '../../lib/format';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Stat } from '../../ui/Stat';
import { Table } from '../../ui/Table';
import { MODELS, STATES } from '../../ui/words';
import { Account } from '../liquidations/links';
import { useRanked, type Ranked } from './ranked';

/** Rows that are shown: beyond them nobody is near. */
const SHOWN = 100;
const COLUMNS = [
    { name: 'Account' },
    { name: 'State' },
    { name: 'Ratio', number: true },
    { name: 'Equity', number: true },
    { name: 'Requirement', number: true },
    { name: 'Largest leg' },
    { name: 'Model' },
    { name: 'Since', number: true },
];
const CALLED = 2;

/** Margin accounts, the nearest to their line first. */
export function KeepersScreen() {
    const { ranked, total, took } = useRanked();
    const [which, setWhich] = useState('all');
    const called = ranked.filter(({ standing }) => standing.state >= CALLED);
    const shown = (which === 'called' ? called : ranked).slice(0, SHOWN);
    return (
        <Stack>
            <Group justify="space-between">
                <Title order={1}>Keeper view</Title>
                <SegmentedControl
                    aria-label="Which accounts"
                    value={which}
                    onChange={setWhich}
                    data={[
                        { value: 'all', label: 'Nearest' },
                        { value: 'called', label: 'Called and below' },
                    ]}
                />
            </Group>
            <Panel title="All accounts">
                <SimpleGrid component="dl" cols={{ base: 2, sm: 4 }}>
                    <Stat name="Accounts">
                        <span data-testid="accounts">{total ?? '…'}</span>
                    </Stat>
                    <Stat name="With something at risk">{ranked.length}</Stat>
                    <Stat name="Called or below">
                        <span data-testid="called">{called.length}</span>
                    </Stat>
                    <Stat name="Judged in" help="What the engine needs for all of them; it judges them again with every change of the book.">
                        <span data-testid="took">{took === null ? '…' : `${took.toFixed(1)} ms`}</span>
                    </Stat>
                </SimpleGrid>
            </Panel>
            <Panel title="Nearest to their line">
                <Table
                    label="Accounts"
                    columns={COLUMNS}
                    rows={shown.map((it) => ({ key: it.address, cells: cells(it) }))}
                    empty={total === null ? 'Reading accounts…' : 'No account is there.'}
                />
                {ranked.length > SHOWN && (
                    <Text size="xs" c="dimmed" mt="xs">
                        The nearest {SHOWN} are shown.
                    </Text>
                )}
            </Panel>
        </Stack>
    );
}

function cells({ address, standing }: Ranked) {
    const { state, model, equity, requirement, marginRatio } = standing;
    const words = STATES[state] ?? STATES[0];
    return [
        <Account key="account" of={address} />,
        <Badge key="state" color={words.colour} variant="light">
            {words.name}
        </Badge>,
        <span key="ratio" className={marginRatio !== null && marginRatio < 1 ? 'bad' : undefined}>
            {timesOf(marginRatio)}
        </span>,
        usd(equity),
        usd(requirement),
        <Largest key="largest" standing={standing} />,
        MODELS[model]?.name,
        <Since key="since" standing={standing} />,
    ];
}

function Largest({ standing: { largest } }: { standing: Standing }) {
    const { venue } = useExchange();
    const { symbol } = useChain();
    if (!largest) return <Text c="dimmed">–</Text>;
    const { slot, kind, exposure } = largest;
    return (
        <Text size="sm" className="num">
            {symbol(venue.listings[slot]!)} {kind} {usdShort(exposure < 0n ? -exposure : exposure)}
        </Text>
    );
}

/** Since when it is called or liquidatable, as recorded on chain. */
function Since({ standing: { calledAt, liquidatableSince } }: { standing: Standing }) {
    const { now } = useExchange();
    const since = liquidatableSince || calledAt;
    return since === 0n ? <Text c="dimmed">–</Text> : <span>{span(now - since)}</span>;
}
