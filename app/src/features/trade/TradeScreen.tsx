import { Alert, Box, Grid, Group, Loader, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { LISTED, ORDER, type Listing } from '@plimsoll/client';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { percentFixed, price as priceText, priceOf, span } from '../../lib/format';
import { useChain, useConfig, useExchange, useSelected, useSnapshot, useView } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Stat } from '../../ui/Stat';
import { Welcome } from '../../ui/Welcome';
import { Orders } from '../portfolio/Orders';
import type { Line } from './Chart';
import { OwnPosition } from './OwnPosition';
import { EMPTY, type Ticket } from './terms';
import { TicketForm } from './TicketForm';
import { usePrice } from './usePrice';

const Chart = lazy(() => import('./Chart'));

/** One market: its price, a ticket for orders, what is held in it. */
export function TradeScreen() {
    const { venue } = useExchange();
    const chain = useChain();
    const [, go] = useLocation();
    const { symbol } = useParams<{ symbol?: string }>();
    const markets = venue.listings.filter(({ market }) => market);
    const listing = markets.find((it) => chain.symbol(it) === symbol) ?? markets[0];
    if (!listing) return <Text>This exchange has no market.</Text>;
    const name = chain.symbol(listing);
    return (
        <Stack>
            <Group justify="space-between">
                <Title order={1}>{name} perpetual</Title>
                <SegmentedControl
                    aria-label="Market"
                    value={name}
                    onChange={(value) => go(`/trade/${value}`)}
                    data={markets.map((it) => chain.symbol(it))}
                />
            </Group>
            <MarketView key={listing.slot} listing={listing} symbol={name} />
        </Stack>
    );
}

function MarketView({ listing, symbol }: { listing: Listing; symbol: string }) {
    const { history } = useConfig();
    const { state } = useExchange();
    const { margin } = useSelected();
    const [ticket, setTicket] = useState<Ticket>(EMPTY);
    const price = usePrice(margin, listing);
    const lines = useOwnLines(listing);
    const asset = state.assets[listing.slot]!;
    return (
        <>
            <Trouble listing={listing} symbol={symbol} />
            <Grid>
                <Grid.Col span={{ base: 12, md: 8 }}>
                    <Stack>
                        <Panel title="Market">
                            <Group component="dl" gap="xl" mb="sm">
                                <Stat name="Oracle price">
                                    <span data-testid="price">{priceText(price.spot)}</span>
                                </Stat>
                                <Stat name="Confidence" help="How far the oracle itself thinks the price may be off.">
                                    ± {priceText(price.confidence)}
                                </Stat>
                                <Stat
                                    name="Initial margin"
                                    help="What a long of this market has to be covered by, as part of its size; large positions need more."
                                >
                                    {percentFixed(asset.initialLong)}
                                </Stat>
                                <Stat
                                    name="Maintenance margin"
                                    help="Below this part of its size a long is liquidated; it follows measured volatility."
                                >
                                    {percentFixed(asset.maintenanceLong)}
                                </Stat>
                            </Group>
                            <Suspense fallback={<Loader />}>
                                <Chart
                                    symbol={symbol}
                                    server={history}
                                    price={price.spot}
                                    time={asset.publishTime}
                                    lines={lines}
                                />
                            </Suspense>
                        </Panel>
                        {margin && <OwnPosition margin={margin} listing={listing} symbol={symbol} setTicket={setTicket} />}
                        {margin && <Orders margin={margin} />}
                    </Stack>
                </Grid.Col>
                <Grid.Col span={{ base: 12, md: 4 }} order={{ base: -1, md: 0 }}>
                    <Box pos="sticky" top={72}>
                        {margin ? <TicketForm {...{ margin, listing, symbol, ticket, setTicket }} /> : <Welcome />}
                    </Box>
                </Grid.Col>
            </Grid>
        </>
    );
}

/** Says so where orders would wait or be refused. */
function Trouble({ listing, symbol }: { listing: Listing; symbol: string }) {
    const { state, now } = useExchange();
    const asset = state.assets[listing.slot]!;
    const age = now - asset.publishTime;
    if ((asset.listed & LISTED.halted) !== 0) {
        return (
            <Alert color="amber" variant="light" title={`${symbol} is halted`} role="alert">
                Positions cannot grow. Closing works.
            </Alert>
        );
    }
    if (asset.publishTime === 0n || age > BigInt(asset.maxAgeRisk)) {
        return (
            <Alert color="amber" variant="light" title="The price is old" role="alert">
                {asset.publishTime === 0n
                    ? `${symbol} has had no price yet.`
                    : `The last price of ${symbol} is ${span(age)} old; with one older than ${span(asset.maxAgeRisk)} no position can grow.`}
            </Alert>
        );
    }
    return null;
}

/** Entry, liquidation price and triggers, as lines in the chart. */
function useOwnLines(listing: Listing): Line[] {
    const { margin } = useSelected();
    const { orders } = useSnapshot();
    const { view } = useView(margin);
    const { slot, asset } = listing;
    return useMemo(() => {
        const held = view?.positions.find((it) => it.slot === slot && it.atoms !== 0n);
        const bounds = view?.prices.find((it) => it.slot === slot);
        const liquidation = held && (held.atoms > 0n ? bounds?.below : bounds?.above);
        const entry = held && priceOf(held.entry, held.atoms, asset.decimals);
        const own = orders.filter(
            ({ order }) => order.slot === slot && order.account === margin?.address && order.kind !== ORDER.market,
        );
        const waiting = own.flatMap(({ order }) => {
            const at = priceOf(order.triggerQuote || order.limitQuote, order.size, asset.decimals);
            const name = order.kind === ORDER.stop ? 'stop' : order.kind === ORDER.limit ? 'limit' : 'take profit';
            return at ? [{ name, price: at, colour: order.kind === ORDER.stop ? 'amber' : 'gain' } as Line] : [];
        });
        return [
            ...(entry ? [{ name: 'entry', price: entry, colour: 'tide' } as Line] : []),
            ...(liquidation ? [{ name: 'liquidation', price: liquidation, colour: 'danger' } as Line] : []),
            ...waiting,
        ];
    }, [view, orders, slot, asset.decimals, margin?.address]);
}
