import { SimpleGrid, Stack, Title } from '@mantine/core';
import type { PoolAt, PoolView } from '@plimsoll/client';
import { useMemo } from 'react';
import { useAsked } from '../../lib/asking';
import { useEngine } from '../../lib/engine';
import { amount, span, usd, usdShort } from '../../lib/format';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Refusal } from '../../ui/Refusal';
import { Stat } from '../../ui/Stat';
import { Exposure } from './Exposure';
import { RequestForm } from './RequestForm';
import { Requests } from './Requests';
import { LP_DECIMALS } from './shares';

/** What the engine is asked about the pool; null while its accounts are not read. */
function usePoolAt(): PoolAt | null {
    const chain = useChain();
    const { venue, book, now } = useExchange();
    const pool = chain.bytes(venue.pool);
    const markets = venue.listings.flatMap(({ market }) => (market ? [chain.bytes(market)] : []));
    return useMemo(() => {
        const read = markets.filter((bytes) => bytes !== null);
        return pool && read.length === markets.length ? { book, now, pool, markets: read } : null;
    }, [book, now, pool, ...markets]);
}

/** The counterparty of all markets: what it is worth, what it is exposed to, and the way in and out. */
export function PoolScreen() {
    const engine = useEngine();
    const at = usePoolAt();
    const { value: view, error } = useAsked(() => at && engine.pool(at), [engine, at]);
    return (
        <Stack>
            <Title order={1}>Pool</Title>
            <Refusal code={null} error={error} />
            {view && at && (
                <>
                    <Worth view={view} />
                    <SimpleGrid cols={{ base: 1, md: 2 }}>
                        <Exposure markets={view.markets} />
                        <RequestForm at={at} view={view} />
                    </SimpleGrid>
                    <Requests />
                </>
            )}
        </Stack>
    );
}

function Worth({ view }: { view: PoolView }) {
    const { worth, refusal, cash, debt, shares, pendingLoss, requestedQuote, requestedShares, coolDown } = view;
    return (
        <Panel title="Worth">
            {!worth && <Refusal code={refusal} />}
            <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 5 }}>
                <Stat name="Net asset value" help="Cash and debts less what traders are owed, at the end of the oracle's band where the pool looks poorest: withdrawals are paid by it. Deposits are taken by the other end.">
                    <span data-testid="pool-low">{usdShort(worth?.low)}</span>
                </Stat>
                <Stat name="Price of a share" help="What a withdrawal is paid, and what a deposit pays.">
                    <span data-testid="share-low">{usd(worth?.shareLow, { cents: 4 })}</span> – {usd(worth?.shareHigh, { cents: 4 })}
                </Stat>
                <Stat name="Shares">{amount(shares, LP_DECIMALS, 0)}</Stat>
                <Stat name="Cash">{usdShort(cash)}</Stat>
                <Stat name="Can be paid out" help="What is in hand beyond what the pool may lose.">
                    {usdShort(worth?.free)}
                </Stat>
                <Stat name="May lose" help="In the worst scenario of each market, added up.">
                    {usdShort(worth?.stress)}
                </Stat>
                <Stat name="Owed by traders">{usdShort(debt)}</Stat>
                <Stat name="Losses to come" help="Recorded, and not taken yet.">
                    {usdShort(pendingLoss)}
                </Stat>
                <Stat name="Waiting to enter">{usdShort(requestedQuote)}</Stat>
                <Stat name="Waiting to leave" help={`Shares. A request executes at prices published ${span(coolDown)} after it is made.`}>
                    {amount(requestedShares, LP_DECIMALS, 0)}
                </Stat>
            </SimpleGrid>
        </Panel>
    );
}
