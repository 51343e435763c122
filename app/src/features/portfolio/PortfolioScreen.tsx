import { Alert, Badge, Button, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { AccountView } from '@plimsoll/client';
import { memo } from 'react';
import { Link } from 'wouter';
import type { Margin } from '../../lib/chain';
import { percent, times, usd } from '../../lib/format';
import { useSelected, useView } from '../../lib/session';
import { accountName, STATES } from '../../ui/words';
import { HealthBar } from '../../ui/HealthBar';
import { Panel } from '../../ui/Panel';
import { Stat } from '../../ui/Stat';
import { Welcome } from '../../ui/Welcome';
import { Balances } from './Balances';
import { MarginCall } from './MarginCall';
import { ModelMenu } from './ModelMenu';
import { Orders } from './Orders';
import { Positions } from './Positions';

/** One margin account: its health, what it holds, its orders. */
export function PortfolioScreen() {
    const { margin } = useSelected();
    const { view, error } = useView(margin);
    if (!margin) return <Welcome />;
    if (!view) {
        return (
            <Alert color="amber" title="The account cannot be judged now" role="alert">
                {error}
            </Alert>
        );
    }
    return (
        <Stack>
            <Head margin={margin} state={view.report.state} />
            <MarginCall margin={margin} view={view} />
            <Health view={view} />
            <Positions view={view} />
            <SimpleGrid cols={{ base: 1, md: 2 }}>
                <Balances view={view} margin={margin} />
                <Orders margin={margin} />
            </SimpleGrid>
        </Stack>
    );
}

/** What no price changes as long as the state stays. */
const Head = memo(function Head({ margin, state }: { margin: Margin; state: number }) {
    const { colour, name } = STATES[state] ?? STATES[0];
    return (
        <Group justify="space-between">
            <Group gap="sm">
                <Title order={1}>{accountName(margin.id)}</Title>
                <Badge color={colour} variant="light" size="lg" data-testid="state">
                    {name}
                </Badge>
                <ModelMenu margin={margin} />
            </Group>
            <Group gap="xs">
                <Button component={Link} href="/money/deposit">
                    Deposit
                </Button>
                <Button component={Link} href="/trade" variant="default">
                    Trade
                </Button>
            </Group>
        </Group>
    );
});

function Health({ view }: { view: AccountView }) {
    const { report, bar } = view;
    const { maintenanceEquity, initialRequirement, maintenanceRequirement } = report;
    const state = STATES[report.state] ?? STATES[0];
    return (
        <Panel
            title="Health"
            aside={
                <Text fw={700} size="xl" className="num" data-testid="health">
                    {percent(bar.health, { places: 1 })}
                </Text>
            }
        >
            <HealthBar report={report} bar={bar} />
            <Text size="sm" c="dimmed" mt={6}>
                {state.says}
            </Text>
            <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 5 }} mt="md">
                <Stat name="Equity" help="What everything would be worth at the oracle's prices, debts taken off.">
                    <span data-testid="equity">{usd(maintenanceEquity)}</span>
                </Stat>
                <Stat
                    name="Free collateral"
                    help="What is left above the initial requirement: for withdrawals and new positions."
                >
                    <span data-testid="free">{usd(bar.free)}</span>
                </Stat>
                <Stat name="Leverage" help="The size of all positions over equity.">
                    <span data-testid="leverage">{times(bar.leverage)}</span>
                </Stat>
                <Stat name="Maintenance" help="Below this equity anybody may liquidate.">
                    <span data-testid="maintenance">{usd(maintenanceRequirement)}</span>
                </Stat>
                <Stat name="Initial" help="What new risk has to be covered by.">
                    <span data-testid="initial">{usd(initialRequirement)}</span>
                </Stat>
            </SimpleGrid>
        </Panel>
    );
}
