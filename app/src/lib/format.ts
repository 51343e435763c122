/**
 * Units as text and text as units; nothing else in the app does either.
 *
 * Money is in micro-dollars (quote atoms likewise), sizes in atoms, prices in 10⁻¹² dollars of a whole token,
 * fractions in 2⁻⁴⁸ or parts of a million. Everything is rounded down: against the account.
 */

const MINUS = '\u2212';
/** What is shown where there is no number. */
export const NONE = '–';
/** Decimals of a price in 10⁻¹² dollars, and of money. */
const [PRICE_DECIMALS, MONEY_DECIMALS] = [12, 6];
/** One in a fraction of 2⁻⁴⁸. */
const FIXED_ONE = 1n << 48n;
const MILLION = 1_000_000n;

const abs = (value: bigint) => (value < 0n ? -value : value);

function divideFloor(value: bigint, by: bigint): bigint {
    const whole = value / by;
    return value % by < 0n ? whole - 1n : whole;
}

/** Digits with thousands separated, from a whole number of units of 10^-decimals, all of them shown. */
function digits(value: bigint, decimals: number): string {
    const text = abs(value)
        .toString()
        .padStart(decimals + 1, '0');
    const at = text.length - decimals;
    const whole = text.slice(0, at).replace(/\B(?=(\d{3})+$)/g, ',');
    return decimals > 0 ? `${whole}.${text.slice(at)}` : whole;
}

/** A decimal of `decimals` places shown with `shown` of them, rounded down. */
function decimal(value: bigint, decimals: number, shown: number): [negative: boolean, text: string] {
    const rounded = shown < decimals ? divideFloor(value, 10n ** BigInt(decimals - shown)) : value;
    return [rounded < 0n, digits(rounded, Math.min(shown, decimals))];
}

/** Micro-dollars: `$1,234.56`; with `sign` also a plus. */
export function usd(micro: bigint | null | undefined, { sign = false, cents = 2 } = {}): string {
    if (micro === null || micro === undefined) return NONE;
    const [negative, text] = decimal(micro, MONEY_DECIMALS, cents);
    return `${negative ? MINUS : sign && micro > 0n ? '+' : ''}$${text}`;
}

/** Micro-dollars in few characters: `$1.23M`. */
export function usdShort(micro: bigint | null | undefined): string {
    if (micro === null || micro === undefined) return NONE;
    const size = abs(micro) / MILLION;
    const [unit, places] = size >= 1_000_000_000n ? ['B', 15] : size >= 1_000_000n ? ['M', 12] : ['k', 9];
    if (size < 10_000n) return usd(micro);
    const [negative, text] = decimal(micro, places as number, 2);
    return `${negative ? MINUS : ''}$${text}${unit}`;
}

/** Atoms of a token, without zeros at the end, with at most `most` decimals. */
export function amount(atoms: bigint | null | undefined, decimals: number, most = 6): string {
    if (atoms === null || atoms === undefined) return NONE;
    const [negative, text] = decimal(atoms, decimals, Math.min(most, decimals));
    const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
    // Something is not shown as nothing.
    if (short === '0' && atoms > 0n) return `<${(10 ** -Math.min(most, decimals)).toFixed(Math.min(most, decimals))}`;
    return `${negative ? MINUS : ''}${short}`;
}

/** Atoms exactly, without separators: what a field takes. */
export function plain(atoms: bigint, decimals: number): string {
    const text = digits(atoms, decimals).replaceAll(',', '');
    return `${atoms < 0n ? '-' : ''}${text.includes('.') ? text.replace(/\.?0+$/, '') : text}`;
}

/** A price with as many decimals as its size asks for: `163.412`. */
export function price(pico: bigint | null | undefined): string {
    if (pico === null || pico === undefined) return NONE;
    const whole = pico / 10n ** BigInt(PRICE_DECIMALS);
    const shown = whole >= 1_000n ? 2 : whole >= 10n ? 3 : whole >= 1n ? 4 : 6;
    return decimal(pico, PRICE_DECIMALS, shown)[1];
}

/** A price as a number: for a chart's axis only. */
export const priceNumber = (pico: bigint) => Number(pico) / 10 ** PRICE_DECIMALS;

/** Parts of a million in percent. */
export function percent(ppm: bigint | number | null | undefined, { places = 2, sign = false } = {}): string {
    if (ppm === null || ppm === undefined) return NONE;
    const [negative, text] = decimal(BigInt(ppm), 4, places);
    return `${negative ? MINUS : sign && ppm > 0 ? '+' : ''}${text}%`;
}

/** Parts of a million that a fraction of 2⁻⁴⁸ is, the nearest: rates are set in them. */
export const ppmOfFixed = (fixed: bigint) => divideFloor(fixed * MILLION + FIXED_ONE / 2n, FIXED_ONE);

/** A fraction of 2⁻⁴⁸ in percent. */
export const percentFixed = (fixed: bigint | null | undefined, options?: { places?: number; sign?: boolean }) =>
    fixed === null || fixed === undefined ? NONE : percent(ppmOfFixed(fixed), options);

/** Parts of a million that one amount is of another, rounded down; null of nothing. */
export const ppmOf = (part: bigint, whole: bigint): bigint | null => (whole === 0n ? null : divideFloor(part * MILLION, whole));

/** Parts of a million as a factor: `4.98×`. */
export function times(ppm: bigint | null | undefined): string {
    return ppm === null || ppm === undefined ? NONE : `${decimal(ppm, 6, 2)[1]}×`;
}

/** How far `to` is from `from`: `−12.30%`. */
export const distance = (from: bigint, to: bigint | null): string =>
    to === null || from === 0n ? NONE : percent(ppmOf(to - from, from), { sign: true });

/** Seconds as a length of time: `3 s`, `2 min`, `1 h 5 min`, `3 d 4 h`. */
export function span(seconds: bigint | number): string {
    const all = Math.max(0, Number(seconds));
    const [d, h, min] = [Math.floor(all / 86_400), Math.floor((all % 86_400) / 3_600), Math.floor((all % 3_600) / 60)];
    if (d > 0) return h > 0 ? `${d} d ${h} h` : `${d} d`;
    if (h > 0) return min > 0 ? `${h} h ${min} min` : `${h} h`;
    if (all >= 120) return `${min} min`;
    return `${all} s`;
}

/** Seconds until something as a clock: `1:05`, `2:03:09`, beyond two days as a length of time. */
export function countdown(seconds: bigint | number): string {
    const all = Math.max(0, Number(seconds));
    if (all >= 172_800) return span(all);
    const two = (value: number) => String(value).padStart(2, '0');
    const [h, min, s] = [Math.floor(all / 3_600), Math.floor((all % 3_600) / 60), all % 60];
    return h > 0 ? `${h}:${two(min)}:${two(s)}` : `${min}:${two(s)}`;
}

/** Unix seconds as the visitor's date and time. */
export function moment(unix: bigint | number): string {
    const date = new Date(Number(unix) * 1_000);
    return date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** Unix seconds as the visitor's time of day. */
export const clock = (unix: bigint | number) => new Date(Number(unix) * 1_000).toLocaleTimeString();

/** The two ends of an address. */
export const short = (address: string) => `${address.slice(0, 4)}…${address.slice(-4)}`;

/** What a field's text means in atoms; null if it is none. Empty is nothing. */
export function parseAmount(text: string, decimals: number): bigint | null {
    const match = /^\s*(\d*)(?:\.(\d*))?\s*$/.exec(text.replaceAll(',', ''));
    if (!match) return null;
    const [, whole = '', part = ''] = match;
    if (whole === '' && part === '') return text.trim() === '' ? 0n : null;
    if (part.replace(/0+$/, '').length > decimals) return null;
    return BigInt((whole || '0') + part.slice(0, decimals).padEnd(decimals, '0'));
}

/** What a field's text means as a price. */
export const parsePrice = (text: string) => parseAmount(text, PRICE_DECIMALS);

/** Quote atoms that a size is at a price, rounded up: what an order's limit and trigger are written in. */
export function quoteOf(atoms: bigint, decimals: number, pico: bigint): bigint {
    const scale = 10n ** BigInt(decimals + PRICE_DECIMALS - MONEY_DECIMALS);
    return (abs(atoms) * pico + scale - 1n) / scale;
}

/** The price that quote atoms for a size are; the inverse of {@link quoteOf}, rounded down. */
export function priceOf(quote: bigint, atoms: bigint, decimals: number): bigint | null {
    if (atoms === 0n) return null;
    return (abs(quote) * 10n ** BigInt(decimals + PRICE_DECIMALS - MONEY_DECIMALS)) / abs(atoms);
}

/** The size that quote atoms buy at a price, rounded down. */
export function sizeOf(quote: bigint, decimals: number, pico: bigint): bigint {
    if (pico === 0n) return 0n;
    return (quote * 10n ** BigInt(decimals + PRICE_DECIMALS - MONEY_DECIMALS)) / pico;
}

/** A mantissa of the book, micro-dollars an atom times 2^shift, as a price in 10⁻¹² dollars of a whole token. */
export const mantissaPrice = (mantissa: bigint, shift: number, decimals: number): bigint =>
    (mantissa * 10n ** BigInt(decimals + PRICE_DECIMALS - MONEY_DECIMALS)) >> BigInt(shift);

/** A fraction of the engine that is a number, for display, in percent. */
export const percentOf = (fraction: number | null | undefined, options?: { places?: number; sign?: boolean }) =>
    fraction === null || fraction === undefined ? NONE : percent(Math.round(fraction * 1e6), options);

/** A factor that is a number: `1.25×`. */
export const timesOf = (factor: number | null | undefined) =>
    factor === null || factor === undefined ? NONE : times(BigInt(Math.round(factor * 1e6)));

/** Basis points in percent, with their sign: `−50.46%`. */
export const percentOfBps = (bps: number) => percent(bps * 100, { sign: true });

/** Ten-thousandths as a number between −1 and 1: `0.66`. */
export function correlation(parts: number | null): string {
    if (parts === null) return NONE;
    const [negative, text] = decimal(BigInt(parts), 4, 2);
    return `${negative ? MINUS : ''}${text}`;
}

/** Deviations, one digit: `−2.0 σ`. */
export function deviations(sigma: number | null): string {
    if (sigma === null) return NONE;
    const tenths = Math.round(sigma * 10);
    const [negative, text] = decimal(BigInt(tenths), 1, 1);
    return `${negative ? MINUS : '+'}${text} σ`;
}

/** Parts of a million that a move in whole percent is. */
export const partsOfPercent = (whole: number) => whole * 10_000;

/** Dollars of a whole token that are a number, for display, as {@link price} shows them. */
export const dollars = (value: number) => price(BigInt(Math.floor(value * 1e6)) * 1_000_000n);
