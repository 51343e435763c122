import { Badge, Button, Group, Text } from '@mantine/core';
import type { Explanation } from '@plimsoll/client';
import { percentOfBps, usd } from '../../lib/format';
import { useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Signed } from '../../ui/Stat';
import { Table } from '../../ui/Table';
import type { Percents } from './Moves';

const COLUMNS = [
    { name: 'Scenario' },
    { name: 'Moves' },
    { name: 'Profit or loss', number: true },
    { name: 'Equity after', number: true },
    { name: 'Actions', hidden: true },
];
/** Basis points of a percent. */
const PERCENT = 100;

/** What each stress scenario of the book would cost. */
export function Scenarios({ explanation, setPercents }: { explanation: Explanation; setPercents(percents: Percents): void }) {
    const { scenarios, nets } = explanation;
    const { state } = useExchange();
    const worst = scenarios.reduce<number | null>((found, { scenario, loss }) => {
        const most = scenarios.find((it) => it.scenario === found)?.loss ?? 0n;
        return loss > most ? scenario : found;
    }, null);
    const take = (scenario: number) => {
        const held = nets.map(({ slot }) => slot).filter((slot) => slot !== state.quoteSlot);
        setPercents(Object.fromEntries(held.map((slot) => [slot, Math.round((state.scenarios[scenario]![slot] ?? 0) / PERCENT)])));
    };
    const rows = scenarios.map(({ scenario, loss, equity_after, moves }) => ({
        key: scenario,
        ...(scenario === worst && { background: 'var(--mantine-color-amber-light)' }),
        cells: [
            <Group key="name" gap={8} wrap="nowrap">
                <Text fw={600} size="sm">
                    #{scenario}
                </Text>
                {scenario === worst && (
                    <Badge variant="default" data-testid="worst">
                        Worst
                    </Badge>
                )}
            </Group>,
            <Text key="moves" size="sm" className="num" miw={130} style={{ whiteSpace: 'normal' }}>
                {moves.filter(([, bps]) => bps !== 0).map(([asset, bps]) => `${asset} ${percentOfBps(bps)}`).join(', ') || 'none of what is held'}
            </Text>,
            <Signed key="loss" value={-loss}>
                <span data-testid={`loss-${scenario}`}>{usd(-loss, { sign: true })}</span>
            </Signed>,
            <span key="after" data-testid={`after-${scenario}`}>
                {usd(equity_after)}
            </span>,
            <Button key="take" size="compact-sm" variant="default" onClick={() => take(scenario)} aria-label={`Try scenario ${scenario}`}>
                Try
            </Button>,
        ],
    }));
    return (
        <Panel title="Scenarios">
            <Table label="Scenarios" columns={COLUMNS} rows={rows} empty="The book has no scenario." />
            <Text size="xs" c="dimmed" mt="xs">
                Under the portfolio model the worst of them is one of the things that the requirement is the largest of.
            </Text>
        </Panel>
    );
}
