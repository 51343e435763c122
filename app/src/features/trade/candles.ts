/** Price histories as Pyth Benchmarks answers TradingView charts. */

import { resolved } from '../../lib/config';

/** A candle; time in unix seconds, prices in dollars: for the eye only. */
export type Candle = { time: number; open: number; high: number; low: number; close: number };

/** Lengths of a candle in minutes, as the server calls them. */
export const RESOLUTIONS = [
    { value: '1', label: '1 min', seconds: 60 },
    { value: '5', label: '5 min', seconds: 300 },
    { value: '15', label: '15 min', seconds: 900 },
    { value: '60', label: '1 h', seconds: 3_600 },
] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** Candles that are asked for. */
const COUNT = 240;

type Answer = { s: string; errmsg?: string; t?: number[]; o?: number[]; h?: number[]; l?: number[]; c?: number[] };

/** The newest candles up to `now`; none where there is no history. */
export async function fetchCandles(
    server: string,
    symbol: string,
    resolution: Resolution,
    now: number,
    signal: AbortSignal,
): Promise<Candle[]> {
    const base = server.endsWith('/') ? server : `${server}/`;
    const url = new URL('v1/shims/tradingview/history', resolved(base));
    url.searchParams.set('symbol', `Crypto.${symbol}/USD`);
    url.searchParams.set('resolution', resolution.value);
    url.searchParams.set('from', String(now - COUNT * resolution.seconds));
    url.searchParams.set('to', String(now));
    const answer = (await (await fetch(url, { signal })).json()) as Answer;
    if (answer.s === 'error') throw new Error(answer.errmsg ?? 'the history could not be read');
    const { t = [], o = [], h = [], l = [], c = [] } = answer;
    return t.map((time, at) => ({ time, open: o[at]!, high: h[at]!, low: l[at]!, close: c[at]! }));
}

/** The candle that a price at a time belongs to, with that price in it. */
export function extended(last: Candle | undefined, { seconds }: Resolution, time: number, price: number): Candle {
    const begin = time - (time % seconds);
    if (!last || last.time < begin) return { time: begin, open: last?.close ?? price, high: price, low: price, close: price };
    return { ...last, high: Math.max(last.high, price), low: Math.min(last.low, price), close: price };
}
