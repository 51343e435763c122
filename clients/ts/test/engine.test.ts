// The engine in wasm answers what it answers natively, and the helpers read those answers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EXTENT, loadEngine, ORDER, refusalOf, type Engine } from '../src/index.js';

type Fixture = { request: string; answer: string };
const fixtures: Fixture[] = JSON.parse(readFileSync('test/fixtures/requests.json', 'utf8'));
const load = (): Promise<Engine> => loadEngine(new Uint8Array(readFileSync('wasm/plimsoll.wasm')));

/** Head and accounts of a request. */
function parts(hex: string) {
    const bytes = Buffer.from(hex, 'hex');
    const end = 4 + bytes.readUInt32LE(0);
    const head = JSON.parse(bytes.subarray(4, end).toString());
    let at = end;
    const accounts = head.lengths.map((length: number) => bytes.subarray(at, (at += length)));
    return { head, accounts };
}

/** The first drawn request of a kind whose answer has something to show. */
function first(kind: string, has: (answer: any, head: any) => boolean) {
    const found = fixtures.find(({ request, answer }) => {
        const { head } = parts(request);
        const { ok } = JSON.parse(answer);
        return ok !== undefined && head.ask === kind && has(ok, head);
    });
    assert.ok(found, `no ${kind} of this sort was drawn`);
    const { head, accounts } = parts(found.request);
    const subject = { book: accounts[0], account: accounts[1], now: BigInt(head.now) };
    return { subject, other: accounts[2], head, ok: JSON.parse(found.answer).ok };
}

test('the engine in wasm answers as it does natively', async () => {
    const engine = await load();
    for (const { request, answer } of fixtures) {
        assert.equal(engine.ask(Buffer.from(request, 'hex')), answer);
    }
    const kinds = new Set(fixtures.map(({ request }) => parts(request).head.ask));
    assert.deepEqual([...kinds].sort(), ['most', 'preview', 'view']);
});

test('a view is integers and a health report', async () => {
    const { subject, ok } = first('view', (it, head) => it.positions.length === 2 && !head.moves);
    const { report, positions, prices } = (await load()).view(subject);
    assert.equal(report.version, 2);
    assert.equal(report.scenarioLosses.length, 16);
    assert.equal(positions[0]!.atoms, BigInt(ok.positions[0].atoms));
    assert.equal(prices[0]!.price, BigInt(ok.prices[0].price));
});

test('a price that falls costs who is long', async () => {
    const engine = await load();
    const long = (it: any) => it.positions.length === 2 && it.positions[0].kind === 'long';
    const { subject } = first('view', (it, head) => long(it) && !head.moves);
    const before = engine.view(subject).positions[0]!;
    const after = engine.view({ ...subject, moves: [{ slot: before.slot, parts: -100_000 }] }).positions[0]!;
    assert.ok(after.unrealised < before.unrealised);
});

test('a preview shows the trade, or why it is refused', async () => {
    const engine = await load();
    const terms = ({ order }: any) => ({
        kind: ORDER.market,
        extent: EXTENT.size,
        size: BigInt(order.size),
        limitQuote: BigInt(order.limitQuote),
        triggerQuote: 0n,
    });
    const done = first('preview', (it) => it.trade);
    const trade = engine.preview(done.subject, { kind: 'trade', market: done.other, order: terms(done.head.action) });
    assert.equal(trade.trade!.fee, BigInt(done.ok.trade.fee));
    assert.ok(trade.after!.initialEquity !== trade.before.initialEquity);
    const not = first('preview', (it, head) => head.action.kind === 'trade' && it.refusal);
    const refused = engine.preview(not.subject, { kind: 'trade', market: not.other, order: terms(not.head.action) });
    assert.equal(refused.after, null);
    assert.ok(refusalOf(refused.refusal!)!.hint);
});

test('the most that can be withdrawn passes and an atom more does not', async () => {
    const engine = await load();
    const { subject, other } = first('most', (it, head) => head.action.kind === 'withdraw' && it !== '0');
    const action = { kind: 'withdraw', bank: other, amount: 1n, borrow: false } as const;
    const most = engine.most(subject, action);
    assert.equal(engine.preview(subject, { ...action, amount: most }).refusal, null);
    assert.ok(engine.preview(subject, { ...action, amount: most + 1n }).refusal);
});

test('what is no account gets a sentence', async () => {
    const engine = await load();
    const { subject } = first('view', () => true);
    assert.throws(() => engine.view({ ...subject, account: new Uint8Array(8) }), /expected an account of type MarginAccount/);
});
