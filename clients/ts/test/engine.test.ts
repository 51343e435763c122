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
    return { subject, other: accounts[2], accounts, head, ok: JSON.parse(found.answer).ok };
}

test('the engine in wasm answers as it does natively', async () => {
    const engine = await load();
    for (const { request, answer } of fixtures) {
        assert.equal(engine.ask(Buffer.from(request, 'hex')), answer);
    }
    const kinds = new Set(fixtures.map(({ request }) => parts(request).head.ask));
    const asks = 'bank book changes explain isolated least most mostLevered pool poolRequest preview standings view';
    assert.deepEqual([...kinds].sort(), asks.split(' '));
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

test('the least deposit ends a call and an atom less does not', async () => {
    const engine = await load();
    const deposits = (it: any, head: any) => head.action.kind === 'deposit' && it !== null && it !== '0';
    const { subject, other } = first('least', deposits);
    const least = engine.least(subject, { kind: 'deposit', bank: other, amount: 0n })!;
    const state = (amount: bigint) => engine.preview(subject, { kind: 'deposit', bank: other, amount }).after!.state;
    assert.equal(state(least), 0);
    assert.notEqual(state(least - 1n), 0);
});

test('an explanation keeps words as words and whole numbers as integers', async () => {
    const engine = await load();
    const { subject, ok, head } = first('explain', (it, head) => head.names && it.positions !== 0);
    const moves = head.moves.map(([slot, parts]: [number, number]) => ({ slot, parts }));
    const told = engine.explain({ ...subject, moves }, head.names);
    assert.equal(told.maintenance.equity, BigInt(ok.maintenance.equity));
    assert.equal(told.state, ok.state);
    assert.equal(told.margin_ratio, ok.margin_ratio);
    assert.ok(told.legs.some(({ asset, atoms }) => asset === 'USDC' && typeof atoms === 'bigint'));
    assert.deepEqual(told.scenarios[0]!.moves, ok.scenarios[0].moves);
    assert.equal(told.scenarios[0]!.loss, BigInt(ok.scenarios[0].loss));
});

test('a transfer shows the account that it reaches if that is given', async () => {
    const engine = await load();
    const paid = (it: any, head: any) => head.action.kind === 'transfer' && it.receiver;
    const { subject, accounts, head } = first('preview', paid);
    const amount = BigInt(head.action.amount);
    const transfer = { kind: 'transfer', bank: accounts[2], amount } as const;
    const [alone, both] = [transfer, { ...transfer, to: accounts[3] }].map((it) => engine.preview(subject, it));
    assert.deepEqual(alone!.after, both!.after);
    assert.equal(alone!.receiver, null);
    assert.equal(both!.receiver!.version, 2);
    assert.equal(both!.payment!.withdrawn, amount);
});

test('an isolated account, a leverage and another model are previewed', async () => {
    const engine = await load();
    const { subject, other, head } = first('isolated', (it) => it.after);
    const order = { ...head.order, size: BigInt(head.order.size), limitQuote: BigInt(head.order.limitQuote), triggerQuote: 0n };
    const preview = engine.isolated(subject, other, order, BigInt(head.collateral));
    assert.equal(preview.after!.model, 2);
    assert.ok(preview.barAfter!.leverage! > 0n);
    assert.equal(preview.prices.length, 1);
    const action = { kind: 'trade', market: other, order } as const;
    assert.ok(engine.sizeForLeverage(subject, action, 2_000_000n) <= engine.sizeForLeverage(subject, action, 5_000_000n));
    const switched = first('preview', (it, head) => head.action.kind === 'model' && it.after);
    const { model } = switched.head.action;
    assert.equal(engine.preview(switched.subject, { kind: 'model', model }).after!.model, model);
});

test('accounts are ranked by the same health that each has alone', async () => {
    const engine = await load();
    const { subject, accounts } = first('standings', () => true);
    const [one, other] = engine.standings(subject, accounts.slice(1));
    const { report } = engine.view(subject);
    assert.equal(one!.equity, report.maintenanceEquity);
    assert.equal(one!.state, report.state);
    assert.equal(typeof one!.largest!.kind, 'string');
    assert.notDeepEqual(one, other);
});

test('book, bank, changes and pool are read', async () => {
    const engine = await load();
    const at = (kind: string, has = (_: any) => true) => first(kind, has);
    const { subject } = at('book');
    const book = engine.book(subject);
    assert.equal(book.assets[1]!.quality, 'live');
    assert.equal(typeof book.assets[1]!.price, 'bigint');
    assert.ok(book.assets[1]!.arrives! > subject.now);
    assert.equal(book.scenarios[0]![1], -5046);
    const bank = at('bank');
    assert.equal(engine.bank(bank.subject, bank.accounts[1]).slot, bank.ok.slot);
    const changes = at('changes');
    const [change] = engine.changes(changes.subject, changes.accounts[1], changes.accounts.slice(2));
    assert.deepEqual([change!.kind, change!.status, change!.place], ['Scenario', 'waiting', 0]);
    const pools = at('pool', (it) => it.worth);
    const pool = { ...pools.subject, pool: pools.accounts[1], markets: pools.accounts.slice(2) };
    assert.equal(engine.pool(pool).worth!.low, BigInt(pools.ok.worth.low));
    assert.ok(engine.poolRequest(pool, { deposit: true, amount: 1_000_000n }).received > 0n);
    assert.ok(refusalOf(engine.pool({ ...pool, markets: [] }).refusal!)!.name === 'WrongMarkets');
});

test('what is no account gets a sentence', async () => {
    const engine = await load();
    const { subject } = first('view', () => true);
    assert.throws(() => engine.view({ ...subject, account: new Uint8Array(8) }), /expected an account of type MarginAccount/);
});
