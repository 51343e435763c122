import { Text } from '@mantine/core';
import type { BookView } from '@plimsoll/client';
import { percentOfBps } from '../../lib/format';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';

/** Moves of every asset in each stress scenario. */
export function ScenarioMoves({ book }: { book: BookView }) {
    const { venue } = useExchange();
    const { symbol } = useChain();
    const slots = book.assets.map(({ slot }) => slot);
    const columns = [{ name: 'Scenario' }, ...slots.map((slot) => ({ name: symbol(venue.listings[slot]!), number: true }))];
    const rows = book.scenarios.map((moves, scenario) => ({
        key: scenario,
        cells: [
            <Text key="name" fw={600} size="sm">
                #{scenario}
            </Text>,
            ...slots.map((slot) => {
                const bps = moves[slot] ?? 0;
                return <span className={bps < 0 ? 'bad' : bps > 0 ? 'good' : undefined}>{bps === 0 ? '0%' : percentOfBps(bps)}</span>;
            }),
        ],
    }));
    return (
        <Panel title="Stress scenarios">
            <Table label="Stress scenarios" columns={columns} rows={rows} empty="No scenario is listed." />
        </Panel>
    );
}
