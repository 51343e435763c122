import { expect, test } from '@playwright/test';
import * as format from '../../src/lib/format';

test('money is shown in dollars and cents, rounded down', () => {
    expect(format.usd(1_234_567_890n)).toBe('$1,234.56');
    expect(format.usd(-4_000n)).toBe('−$0.01');
    expect(format.usd(999_999n)).toBe('$0.99');
    expect(format.usd(0n)).toBe('$0.00');
    expect(format.usd(5_000_000n, { sign: true })).toBe('+$5.00');
    expect(format.usd(null)).toBe('–');
});

test('large money is shown in few characters', () => {
    expect(format.usdShort(9_999_999_999n)).toBe('$9,999.99');
    expect(format.usdShort(12_345_678_900n)).toBe('$12.34k');
    expect(format.usdShort(-1_239_999_000_000n)).toBe('−$1.24M');
    expect(format.usdShort(2_000_000_000_000_000n)).toBe('$2.00B');
});

test('atoms are shown without zeros at the end, and something is never nothing', () => {
    expect(format.amount(1_500_000_000n, 9)).toBe('1.5');
    expect(format.amount(100_000_000_000n, 6)).toBe('100,000');
    expect(format.amount(-1_000_001n, 6)).toBe('−1.000001');
    expect(format.amount(1n, 9)).toBe('<0.000001');
    expect(format.amount(7n, 0)).toBe('7');
});

test('a field takes back what it was given', () => {
    for (const [atoms, decimals] of [[1n, 9], [123_456_789n, 6], [0n, 6], [10n ** 18n, 9], [42n, 0]] as const) {
        expect(format.parseAmount(format.plain(atoms, decimals), decimals)).toBe(atoms);
    }
});

test('what is typed becomes atoms, or nothing if it is no amount', () => {
    expect(format.parseAmount('1,000.5', 6)).toBe(1_000_500_000n);
    expect(format.parseAmount('.5', 6)).toBe(500_000n);
    expect(format.parseAmount('5.', 6)).toBe(5_000_000n);
    expect(format.parseAmount('', 6)).toBe(0n);
    expect(format.parseAmount('1.0000000', 6)).toBe(1_000_000n);
    for (const none of ['-1', '1e3', 'a', '1.2.3', '.', '0.0000001']) expect(format.parseAmount(none, 6)).toBeNull();
});

test('prices have as many decimals as their size asks for', () => {
    expect(format.price(221_178_000_000_000n)).toBe('221.178');
    expect(format.price(121_496_990_000_000_000n)).toBe('121,496.99');
    expect(format.price(999_912_340_000n)).toBe('0.999912');
    expect(format.price(1_500_000_000_000n)).toBe('1.5000');
});

test('sizes, prices and amounts of quote agree', () => {
    const [sol, price] = [9, 221_178_000_000_000n];
    expect(format.quoteOf(2_000_000_000n, sol, price)).toBe(442_356_000n);
    expect(format.quoteOf(-1n, sol, price)).toBe(1n);
    expect(format.priceOf(442_356_000n, 2_000_000_000n, sol)).toBe(price);
    expect(format.priceOf(1n, 0n, sol)).toBeNull();
    expect(format.sizeOf(442_356_000n, sol, price)).toBe(2_000_000_000n);
    expect(format.sizeOf(1n, sol, 0n)).toBe(0n);
});

test('fractions are shown in percent', () => {
    expect(format.percent(535_123)).toBe('53.51%');
    expect(format.percent(-118_512n, { sign: true })).toBe('−11.86%');
    expect(format.percentFixed((1n << 48n) / 8n)).toBe('12.50%');
    expect(format.percentFixed(22_517_998_136_852n)).toBe('8.00%');
    expect(format.times(5_000_000n)).toBe('5.00×');
    expect(format.distance(200n, 150n)).toBe('−25.00%');
    expect(format.percentOf(0.08)).toBe('8.00%');
    expect(format.percentOf(-0.1235, { places: 1, sign: true })).toBe('−12.4%');
    expect(format.timesOf(1.25)).toBe('1.25×');
    expect(format.timesOf(null)).toBe('–');
    expect(format.percentOfBps(-5_046)).toBe('−50.46%');
    expect(format.percentOfBps(1_184)).toBe('+11.84%');
    expect(format.partsOfPercent(-20)).toBe(-200_000);
});

test('times are said as people say them', () => {
    expect(format.span(119)).toBe('119 s');
    expect(format.span(7_500n)).toBe('2 h 5 min');
    expect(format.span(7_776_000)).toBe('90 d');
    expect(format.countdown(65)).toBe('1:05');
    expect(format.countdown(3_725n)).toBe('1:02:05');
    expect(format.countdown(-5)).toBe('0:00');
});

test('a mantissa of the book is a price', () => {
    // 100 dollars of a token with nine decimals: 0.1 micro-dollars an atom.
    expect(format.mantissaPrice((1n << 60n) / 10n, 60, 9)).toBe(99_999_999_999_999n);
});

test('correlations, deviations and dollars for display', () => {
    expect(format.correlation(6_600)).toBe('0.66');
    expect(format.correlation(-10_000)).toBe('−1.00');
    expect(format.correlation(null)).toBe('–');
    expect(format.deviations(-2.04)).toBe('−2.0 σ');
    expect(format.deviations(11.7)).toBe('+11.7 σ');
    expect(format.dollars(162.5834)).toBe('162.583');
});
