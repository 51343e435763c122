import { Text } from '@mantine/core';
import type { Action, Listing, Preview } from '@plimsoll/client';
import { useMemo } from 'react';
import { usePreview } from '../../lib/asking';
import type { Margin } from '../../lib/chain';
import { amount, distance, parseAmount, percent, price as priceText, quoteOf, times, usd } from '../../lib/format';
import { useEngine } from '../../lib/engine';
import { useChain, useExchange, useSubject } from '../../lib/session';
import { BeforeAfter, type Change } from '../../ui/BeforeAfter';
import { Refusal } from '../../ui/Refusal';
import { missing, previewed, rests, type Market, type Ticket } from './terms';

const LAMPORT_DECIMALS = 9;
const QUOTE_DECIMALS = 6;

/** What the engine says of the ticket as if it executed at the book's price. */
export function useTicketPreview(margin: Margin, listing: Listing, ticket: Ticket, market: Market) {
    const bytes = useChain().bytes(listing.market);
    const { spot, decimals, held } = market;
    const action: Action | null = useMemo(() => {
        if (!bytes || missing(ticket, { spot, decimals, held })) return null;
        return { kind: 'trade', market: bytes, order: previewed(ticket, { spot, decimals, held }) };
    }, [bytes, ticket, spot, decimals, held]);
    const alone = useIsolated(margin, ticket.isolated ? action : null, parseAmount(ticket.collateral, QUOTE_DECIMALS) ?? 0n);
    const cross = usePreview(margin, action);
    return ticket.isolated ? alone : cross;
}

type Props = {
    answer: { preview: Preview | null; error: string | null };
    ticket: Ticket;
    market: Market;
    listing: Listing;
    symbol: string;
};

/** The same in a new isolated account that holds so much quote. */
function useIsolated(
    margin: Margin,
    action: Action | null,
    collateral: bigint,
): { preview: Preview | null; error: string | null } {
    const engine = useEngine();
    const subject = useSubject(margin);
    return useMemo(() => {
        if (!subject || action?.kind !== 'trade') return { preview: null, error: null };
        if (collateral === 0n) return { preview: null, error: 'Enter the collateral of the isolated account.' };
        try {
            return { preview: engine.isolated(subject, action.market, action.order, collateral), error: null };
        } catch (error) {
            return { preview: null, error: (error as Error).message };
        }
    }, [engine, subject, action, collateral]);
}

/** Shows it. */
export function TicketPreview({ answer: { preview, error }, ticket, market, listing, symbol }: Props) {
    const { state } = useExchange();
    if (!preview) return <Refusal code={null} error={error} />;
    if (!preview.after || !preview.trade) return <Refusal code={preview.refusal} />;
    const { trade, barBefore, barAfter, prices } = preview;
    const line = prices.find(({ slot }) => slot === listing.slot);
    const liquidation = line?.below ?? line?.above ?? null;
    const worth = quoteOf(trade.size, market.decimals, market.spot);
    const changes: Change[] = [
        { name: 'Price with impact', after: priceText(trade.price), id: 'preview-price' },
        {
            name: 'Impact and spread',
            after: `${usd(trade.impact)} (${percent(worth > 0n ? (trade.impact * 1_000_000n) / worth : 0n, { places: 3 })})`,
            id: 'preview-impact',
        },
        { name: 'Size', after: usd(trade.notional), id: 'preview-notional' },
        { name: 'Fee', after: usd(trade.fee), id: 'preview-fee' },
        { name: 'For the keeper', after: `${amount(state.minKeeperFee, LAMPORT_DECIMALS)} SOL` },
        ...(trade.realised !== 0n ? [{ name: 'Realised', after: usd(trade.realised, { sign: true }) }] : []),
        {
            name: 'Health',
            before: percent(barBefore.health, { places: 1 }),
            after: percent(barAfter!.health, { places: 1 }),
            id: 'preview-health',
        },
        { name: 'Leverage', before: times(barBefore.leverage), after: times(barAfter!.leverage), id: 'preview-leverage' },
        { name: 'Free collateral', before: usd(barBefore.free), after: usd(barAfter!.free), id: 'preview-free' },
        {
            name: 'Liquidation price',
            after: liquidation ? `${priceText(liquidation)} (${distance(market.spot, liquidation)})` : 'out of reach',
            id: 'preview-liquidation',
        },
    ];
    return (
        <>
            {rests(ticket.kind) && (
                <Text size="xs" c="dimmed">
                    If it executed at the present price of {symbol}:
                </Text>
            )}
            <BeforeAfter changes={changes} />
        </>
    );
}
