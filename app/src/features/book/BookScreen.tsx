import { Alert, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { BookView } from '@plimsoll/client';
import { useAsked } from '../../lib/asking';
import { useEngine } from '../../lib/engine';
import { clock, countdown, percentOf, timesOf, usdShort } from '../../lib/format';
import { useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Refusal } from '../../ui/Refusal';
import { Stat } from '../../ui/Stat';
import { Changes } from './Changes';
import { Correlations } from './Correlations';
import { Prices } from './Prices';
import { Rates } from './Rates';
import { ScenarioMoves } from './ScenarioMoves';

/** What every health check reads: prices, rates, correlations, scenarios, and what was announced of them. */
export function BookScreen() {
    const engine = useEngine();
    const { book, now } = useExchange();
    const { value: seen, error } = useAsked(() => engine.book({ book, now }), [engine, book, now]);
    if (!seen) return <Refusal code={null} error={error} />;
    return (
        <Stack>
            <Group justify="space-between">
                <Title order={1}>Risk book</Title>
                <Text size="sm" c="dimmed" className="num">
                    Newest price {clock(seen.newestPublishTime)}
                </Text>
            </Group>
            {now < seen.withdrawalsHeldUntil && (
                <Alert color="amber" variant="light" title="Withdrawals are held" role="alert">
                    For another {countdown(seen.withdrawalsHeldUntil - now)}.
                </Alert>
            )}
            <Prices assets={seen.assets} />
            <Rates assets={seen.assets} now={now} />
            <SimpleGrid cols={{ base: 1, lg: 2 }}>
                <Correlations book={seen} />
                <Stack>
                    <System book={seen} />
                    <Changes />
                </Stack>
            </SimpleGrid>
            <ScenarioMoves book={seen} />
        </Stack>
    );
}

function System({ book }: { book: BookView }) {
    const { insuranceMultiplier, insuranceTarget, callLevel, targetLevel, scenarioWeights } = book;
    return (
        <Panel title="For all assets">
            <SimpleGrid component="dl" cols={{ base: 2, sm: 3 }}>
                <Stat name="Initial rates ×" help="What an insurance fund below its target puts on all initial rates.">
                    {timesOf(insuranceMultiplier || 1)}
                </Stat>
                <Stat name="Insurance target">{usdShort(insuranceTarget)}</Stat>
                <Stat name="Call level" help="Of the way from the maintenance to the initial requirement: below it an account is called.">
                    {percentOf(callLevel, { places: 0 })}
                </Stat>
                <Stat name="Liquidation target" help="Of the same way: a liquidation closes as much as reaches it.">
                    {percentOf(targetLevel, { places: 0 })}
                </Stat>
                <Stat name="Scenarios, maintenance" help="Share of the worst scenario's loss that is required.">
                    {percentOf(scenarioWeights[0], { places: 1 })}
                </Stat>
                <Stat name="Scenarios, initial">{percentOf(scenarioWeights[1], { places: 1 })}</Stat>
            </SimpleGrid>
        </Panel>
    );
}
