import { Alert, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { AccountView, Explanation, Subject } from '@plimsoll/client';
import { useMemo, useState } from 'react';
import { useAsked } from '../../lib/asking';
import { useEngine } from '../../lib/engine';
import { percent, times, usd } from '../../lib/format';
import { useChain, useExchange, useSelected, useSubject, useView } from '../../lib/session';
import { accountName, STATES } from '../../ui/words';
import { BeforeAfter } from '../../ui/BeforeAfter';
import { HealthBar } from '../../ui/HealthBar';
import { Panel } from '../../ui/Panel';
import { Welcome } from '../../ui/Welcome';
import { Binds } from './Binds';
import { Lines } from './Lines';
import { Moves, partsOf, type Percents } from './Moves';
import { Scenarios } from './Scenarios';
import { SaveSnapshot } from './SaveSnapshot';

/** Everything there is to say about an account's health; none where the engine refuses. */
function useExplanation(subject: Subject | null): Explanation | null {
    const engine = useEngine();
    const { venue } = useExchange();
    const { symbol } = useChain();
    const names = useMemo(
        () => venue.listings.map((listing): [number, string] => [listing.slot, symbol(listing)]),
        [venue, symbol],
    );
    return useAsked(() => subject && engine.explain(subject, names), [engine, subject, names]).value;
}

/** What moves of prices would do to the account, and what its requirement comes from. */
export function StressScreen() {
    const engine = useEngine();
    const { margin } = useSelected();
    const subject = useSubject(margin);
    const { view, error } = useView(margin);
    const explanation = useExplanation(subject);
    const [percents, setPercents] = useState<Percents>({});
    const moves = useMemo(() => partsOf(percents), [percents]);
    const { value: moved } = useAsked(
        () => (subject && moves.length > 0 ? engine.view({ ...subject, moves }) : null),
        [engine, subject, moves],
    );
    if (!margin) return <Welcome />;
    if (!view || !explanation) {
        return (
            <Alert color="amber" title="The account cannot be judged now" role="alert">
                {error}
            </Alert>
        );
    }
    const held = view.prices.map(({ slot }) => slot);
    return (
        <Stack>
            <Group justify="space-between">
                <Title order={1}>Stress of {accountName(margin.id).toLowerCase()}</Title>
                <SaveSnapshot margin={margin} subject={subject!} />
            </Group>
            {held.length === 0 ? (
                <Alert color="tide" variant="light" title="Nothing here moves with the market">
                    The account holds no position and no token but the quote token. Open a position, and this screen shows what would
                    become of it.
                </Alert>
            ) : (
                <SimpleGrid cols={{ base: 1, md: 2 }}>
                    <Panel title="Move prices">
                        <Moves slots={held} percents={percents} setPercents={setPercents} />
                    </Panel>
                    <Outcome before={view} after={moved ?? view} />
                </SimpleGrid>
            )}
            <Scenarios explanation={explanation} setPercents={setPercents} />
            <Binds explanation={explanation} />
            <Lines explanation={explanation} />
        </Stack>
    );
}

function Outcome({ before, after }: { before: AccountView; after: AccountView }) {
    const state = STATES[after.report.state] ?? STATES[0];
    const pair = (name: string, of: (view: AccountView) => string, id: string) => ({
        name,
        before: of(before),
        after: of(after),
        id,
    });
    return (
        <Panel
            title="Health with these moves"
            aside={
                <Text fw={700} c={`var(--mantine-color-${state.colour}-text)`} data-testid="stress-state">
                    {state.name}
                </Text>
            }
        >
            <HealthBar report={after.report} bar={after.bar} />
            <Text size="sm" c="dimmed" my={6}>
                {state.says}
            </Text>
            <BeforeAfter
                changes={[
                    pair('Health', ({ bar }) => percent(bar.health, { places: 1 }), 'stress-health'),
                    pair('Equity', ({ report }) => usd(report.maintenanceEquity), 'stress-equity'),
                    pair('Maintenance requirement', ({ report }) => usd(report.maintenanceRequirement), 'stress-maintenance'),
                    pair('Initial requirement', ({ report }) => usd(report.initialRequirement), 'stress-initial'),
                    pair('Free collateral', ({ bar }) => usd(bar.free), 'stress-free'),
                    pair('Leverage', ({ bar }) => times(bar.leverage), 'stress-leverage'),
                ]}
            />
            <Text size="xs" c="dimmed" mt="xs">
                Rates, correlations and scenarios stay as they are now; nothing is traded on the way.
            </Text>
        </Panel>
    );
}
