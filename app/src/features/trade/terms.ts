/** What is typed into the ticket, as an order. */

import { EVERYTHING, EXTENT, ORDER } from '@plimsoll/client';
import { parseAmount, parsePrice, quoteOf, sizeOf } from '../../lib/format';

/** The ticket. */
export type Ticket = {
    side: 'long' | 'short';
    /** Number of the kind: see ORDER. */
    kind: number;
    /** What the size is typed in. */
    unit: 'token' | 'quote';
    size: string;
    /** Own price of a limit, trigger of a stop or take-profit. */
    price: string;
    /** How much worse than expected it may execute, parts of a million. */
    slippage: number;
    /** Closes what is held on the other side, whatever its size then is. */
    closes: boolean;
    /** Goes to a new isolated account with so much collateral. */
    isolated: boolean;
    collateral: string;
};

export const EMPTY: Ticket = {
    side: 'long',
    kind: ORDER.market,
    unit: 'token',
    size: '',
    price: '',
    slippage: 10_000,
    closes: false,
    isolated: false,
    collateral: '',
};

/** What the ticket is for. */
export type Market = {
    decimals: number;
    /** The oracle's price. */
    spot: bigint;
    /** Signed size that is held. */
    held: bigint;
};

const MILLION = 1_000_000n;
const QUOTE_DECIMALS = 6;

/** Whether an order waits for a price. */
export const rests = (kind: number) => kind !== ORDER.market;
/** Whether it has a trigger. */
export const triggers = (kind: number) => kind === ORDER.stop || kind === ORDER.takeProfit;

/** The price that the ticket's size is meant at; null if the field is none. */
function reference(ticket: Ticket, market: Market): bigint | null {
    return rests(ticket.kind) ? parsePrice(ticket.price) : market.spot;
}

/** Signed atoms of the ticket; 0 while it has none. */
export function sizeOfTicket(ticket: Ticket, market: Market): bigint {
    const { side, unit, size, closes } = ticket;
    const sign = side === 'long' ? 1n : -1n;
    if (closes) return market.held * sign < 0n ? -market.held : 0n;
    if (unit === 'token') return sign * (parseAmount(size, market.decimals) ?? 0n);
    const quote = parseAmount(size, QUOTE_DECIMALS) ?? 0n;
    return sign * sizeOf(quote, market.decimals, reference(ticket, market) ?? 0n);
}

/** The terms at which nothing but health and caps could refuse: what is previewed. */
export function previewed(ticket: Ticket, market: Market) {
    const size = sizeOfTicket(ticket, market);
    const extent = ticket.closes ? EXTENT.close : EXTENT.size;
    const limitQuote = size > 0n ? EVERYTHING : 0n;
    return { kind: ORDER.market, extent, size, limitQuote, triggerQuote: 0n };
}

/** Why the ticket is no order yet; null if it is one. */
export function missing(ticket: Ticket, market: Market): string | null {
    if (rests(ticket.kind) && !parsePrice(ticket.price)) return 'Enter a price';
    if (sizeOfTicket(ticket, market) === 0n) return ticket.closes ? 'Nothing to close on this side' : 'Enter a size';
    return null;
}

/** The terms to place; `notional` is what the preview says the size costs now. */
export function terms(ticket: Ticket, market: Market, notional: bigint) {
    const { kind, slippage, closes } = ticket;
    const size = sizeOfTicket(ticket, market);
    const extent = closes ? EXTENT.close : EXTENT.size;
    const price = reference(ticket, market) ?? 0n;
    const own = quoteOf(size, market.decimals, price);
    const expected = rests(kind) ? own : notional;
    const limitQuote = kind === ORDER.limit ? own : worse(expected, slippage, size > 0n);
    return { kind, extent, size, limitQuote, triggerQuote: triggers(kind) ? own : 0n };
}

/** An amount that is so much worse for who pays (a buy) or receives. */
function worse(quote: bigint, parts: number, buys: boolean): bigint {
    const off = (quote * BigInt(parts)) / MILLION;
    return buys ? quote + off : quote - off;
}
