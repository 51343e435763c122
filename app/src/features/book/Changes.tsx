import { Badge, Text } from '@mantine/core';
import { PARAMETER_CHANGE_DISCRIMINATOR, type ChangeView } from '@plimsoll/client';
import { useEffect, useMemo } from 'react';
import { useAsked } from '../../lib/asking';
import { useEngine } from '../../lib/engine';
import { countdown, moment } from '../../lib/format';
import { useFewAccounts } from '../../lib/live';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';

const COLUMNS = [{ name: 'What' }, { name: 'Announced' }, { name: 'Can be applied' }, { name: 'State' }];
const STATUS: Record<ChangeView['status'], [name: string, colour: string]> = {
    waiting: ['Announced', 'tide'],
    due: ['Due', 'amber'],
    growing: ['Growing', 'amber'],
    lapsed: ['Lapsed', 'gray'],
    void: ['Void', 'gray'],
};
/** What patches are called. */
const KINDS: Record<string, string> = {
    EndTightening: 'End of a tightening',
    Exchange: 'Parameters of the exchange',
    Notices: 'Periods of notice',
    Guardian: 'Who may tighten',
    Authority: 'Who may announce',
    Pool: 'Parameters of the pool',
    ListAsset: 'A new asset',
    ListBank: 'A new bank',
    ListMarket: 'A new market',
    Scenario: 'Scenario',
    Asset: 'Parameters of an asset',
    Bank: 'Parameters of a bank',
    Market: 'Parameters of a market',
};

/** Changes of parameters that were announced, and when they bite. */
export function Changes() {
    const engine = useEngine();
    const chain = useChain();
    const { venue, book, now } = useExchange();
    useEffect(() => void chain.feed.watch([venue.exchange]), [chain, venue.exchange]);
    const exchange = chain.bytes(venue.exchange);
    const filters = useMemo(
        () => [
            { offset: 0, bytes: PARAMETER_CHANGE_DISCRIMINATOR },
            { offset: 8, bytes: venue.exchange },
        ],
        [venue.exchange],
    );
    const found = useFewAccounts(filters);
    const { value: changes, error } = useAsked(() => {
        if (!exchange || !found) return null;
        const seen = engine.changes({ book, now }, exchange, [...found.values()]);
        return seen.sort((a, b) => Number(a.earliest - b.earliest));
    }, [engine, exchange, found, book, now]);
    const rows = (changes ?? []).map((change) => {
        const { id, kind, place, announcedAt, earliest, latest, status } = change;
        const listing = kind !== 'Scenario' && place !== null ? venue.listings[place] : undefined;
        const of = listing ? `: ${chain.symbol(listing)}` : place !== null ? ` #${place}` : '';
        const [name, colour] = STATUS[status];
        return {
            key: String(id),
            cells: [
                `${KINDS[kind] ?? kind}${of}`,
                moment(announcedAt),
                <>
                    <div>{moment(earliest)}</div>
                    <Text size="xs" c="dimmed" className="num">
                        {status === 'waiting' && `in ${countdown(earliest - now)}`}
                        {status === 'due' && `for another ${countdown(latest - now)}`}
                    </Text>
                </>,
                <Badge key="status" color={colour} variant="light">
                    {name}
                </Badge>,
            ],
        };
    });
    return (
        <Panel title="Announced changes">
            <Table label="Announced changes" columns={COLUMNS} rows={rows} empty={error ?? (changes ? 'Nothing is announced.' : 'Looking…')} />
        </Panel>
    );
}
