import { EVERYTHING, EXTENT, ORDER } from '@plimsoll/client';
import { expect, test } from '@playwright/test';
import { EMPTY, missing, previewed, sizeOfTicket, terms, type Market, type Ticket } from '../../src/features/trade/terms';

const SOL = 1_000_000_000n;
const market: Market = { decimals: 9, spot: 200_000_000_000_000n, held: 0n };
const long: Market = { ...market, held: 5n * SOL };
const ticket = (part: Partial<Ticket>): Ticket => ({ ...EMPTY, ...part });

test('a ticket without a size or a price is no order yet', () => {
    expect(missing(ticket({}), market)).toBe('Enter a size');
    expect(missing(ticket({ kind: ORDER.limit, size: '1' }), market)).toBe('Enter a price');
    expect(missing(ticket({ side: 'long', closes: true }), long)).toBe('Nothing to close on this side');
    expect(missing(ticket({ size: '1' }), market)).toBeNull();
});

test('a size is typed in tokens or in dollars', () => {
    expect(sizeOfTicket(ticket({ size: '1.5' }), market)).toBe(1_500_000_000n);
    expect(sizeOfTicket(ticket({ size: '1.5', side: 'short' }), market)).toBe(-1_500_000_000n);
    expect(sizeOfTicket(ticket({ size: '100', unit: 'quote' }), market)).toBe(SOL / 2n);
    const limit = ticket({ size: '100', unit: 'quote', kind: ORDER.limit, price: '100' });
    expect(sizeOfTicket(limit, market)).toBe(SOL);
});

test('closing takes what is held, whatever was typed', () => {
    const close = ticket({ side: 'short', closes: true, size: '99' });
    expect(previewed(close, long)).toEqual({ kind: ORDER.market, extent: EXTENT.close, size: -5n * SOL, limitQuote: 0n, triggerQuote: 0n });
    expect(previewed(ticket({ size: '1' }), market).limitQuote).toBe(EVERYTHING);
});

test('a market order bears as much slippage as was chosen, against its taker', () => {
    const buy = terms(ticket({ size: '1', slippage: 10_000 }), market, 201_000_000n);
    expect(buy).toEqual({ kind: ORDER.market, extent: EXTENT.size, size: SOL, limitQuote: 203_010_000n, triggerQuote: 0n });
    const sale = terms(ticket({ size: '1', side: 'short', slippage: 10_000 }), market, 199_000_000n);
    expect(sale.limitQuote).toBe(197_010_000n);
});

test('a limit order has its price as its limit, a stop its trigger and a limit beyond', () => {
    const limit = terms(ticket({ size: '2', kind: ORDER.limit, price: '190' }), market, 0n);
    expect(limit).toMatchObject({ limitQuote: 380_000_000n, triggerQuote: 0n });
    const stop = terms(ticket({ side: 'short', closes: true, kind: ORDER.stop, price: '180', slippage: 20_000 }), long, 0n);
    expect(stop).toEqual({ kind: ORDER.stop, extent: EXTENT.close, size: -5n * SOL, triggerQuote: 900_000_000n, limitQuote: 882_000_000n });
    const profit = terms(ticket({ size: '1', kind: ORDER.takeProfit, price: '150', slippage: 10_000 }), market, 0n);
    expect(profit).toMatchObject({ triggerQuote: 150_000_000n, limitQuote: 151_500_000n });
});
