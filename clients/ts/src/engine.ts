/**
 * The program's own engine, compiled for browsers. Nothing about margin is computed outside of it.
 *
 * Accounts are the bytes as the chain has them, discriminators included. Money is in micro-dollars or quote
 * atoms, sizes in atoms, prices in 10⁻¹² dollars of a whole token.
 */

import { getHealthReportDecoder, type HealthReport } from './generated/index.js';
import type {
    AccountView,
    BankView,
    BookView,
    ChangeView,
    Explanation,
    PoolAnswer,
    PoolView,
    Preview,
    Standing,
} from './views.js';

/** An action, with the accounts that it needs beside the margin account. */
export type Action =
    | { kind: 'trade'; market: Uint8Array; order: TradeTerms }
    | { kind: 'deposit'; bank: Uint8Array; amount: bigint }
    | { kind: 'withdraw'; bank: Uint8Array; amount: bigint; borrow: boolean }
    /** Quote to another margin account of the owner, `to`, which may be left open. */
    | { kind: 'transfer'; bank: Uint8Array; amount: bigint; to?: Uint8Array }
    | { kind: 'model'; model: number };

/** Terms of an order; see `place_order`. */
export type TradeTerms = { kind: number; extent: number; size: bigint; limitQuote: bigint; triggerQuote: bigint };

/** A book at an instant; prices are moved before, by parts of a million. */
export type BookAt = {
    book: Uint8Array;
    now: bigint;
    moves?: { slot: number; parts: number }[];
};

/** A margin account against its book. */
export type Subject = BookAt & { account: Uint8Array };

/** The pool and all markets of its book. */
export type PoolAt = BookAt & { pool: Uint8Array; markets: Uint8Array[] };

/** The engine. */
export type Engine = {
    /** Health, legs, positions, liquidation prices. */
    view(subject: Subject): AccountView;
    /** All there is to say about health; `names` are those of slots. */
    explain(subject: Subject, names?: [slot: number, name: string][]): Explanation;
    /** What an action would do. */
    preview(subject: Subject, action: Action): Preview;
    /** The largest amount, or size on the side of the order, that is not refused. */
    most(subject: Subject, action: Action): bigint;
    /** The smallest that makes the account healthy and ends a call: null where none does, 0 where it is. */
    least(subject: Subject, action: Action): bigint | null;
    /** The largest that leaves at most this leverage, in parts of a million. */
    sizeForLeverage(subject: Subject, action: Action, leverage: bigint): bigint;
    /** What an order would do in a new isolated account that holds `collateral` quote atoms. */
    isolated(subject: Subject, market: Uint8Array, order: TradeTerms, collateral: bigint): Preview;
    /** Where many margin accounts stand; null for one that cannot be judged. */
    standings(at: BookAt, accounts: Uint8Array[]): (Standing | null)[];
    /** The risk book. */
    book(at: BookAt): BookView;
    /** When announced changes bite, in the order given. */
    changes(at: BookAt, exchange: Uint8Array, changes: Uint8Array[]): ChangeView[];
    /** A bank. */
    bank(at: BookAt, bank: Uint8Array): BankView;
    /** The pool. */
    pool(at: PoolAt): PoolView;
    /** What a deposit of quote or a withdrawal of shares would get. */
    poolRequest(at: PoolAt, request: { deposit: boolean; amount: bigint }): PoolAnswer;
    /** A request as bytes, answered in JSON: what the others are made of. */
    ask(request: Uint8Array): string;
};

type Exports = { memory: WebAssembly.Memory; room(length: number): number; ask(): number };

/** Loads the engine from its bytes or from where they are. */
export async function loadEngine(source: Uint8Array<ArrayBuffer> | URL | string): Promise<Engine> {
    const bytes = source instanceof Uint8Array ? source : await (await fetch(source)).arrayBuffer();
    const module = await WebAssembly.compile(bytes);
    const { exports } = await WebAssembly.instantiate(module, imports(module));
    const { memory, room, ask: run } = exports as Exports;
    const ask = (request: Uint8Array): string => {
        const at = room(request.length);
        new Uint8Array(memory.buffer, at, request.length).set(request);
        const answer = run();
        const length = new DataView(memory.buffer).getUint32(answer, true);
        return new TextDecoder().decode(new Uint8Array(memory.buffer, answer + 4, length));
    };
    const put = (question: object, { book, now, moves = [] }: BookAt, others: Uint8Array[]): unknown => {
        const accounts = [book, ...others];
        const pairs = moves.map(({ slot, parts }) => [slot, parts]);
        const lengths = accounts.map(({ length }) => length);
        const head = text({ ...question, now, moves: pairs, lengths });
        return read(ask(joined(head, accounts)));
    };
    const act = (question: object, subject: Subject, action: Action): unknown =>
        put({ ...question, ...named(action) }, subject, [subject.account, ...needed(action)]);
    return {
        ask,
        view: (subject) => put({ ask: 'view' }, subject, [subject.account]) as AccountView,
        explain: (subject, names = []) => put({ ask: 'explain', names }, subject, [subject.account]) as Explanation,
        preview: (subject, action) => act({ ask: 'preview' }, subject, action) as Preview,
        most: (subject, action) => act({ ask: 'most' }, subject, action) as bigint,
        least: (subject, action) => act({ ask: 'least' }, subject, action) as bigint | null,
        sizeForLeverage: (subject, action, leverage) => act({ ask: 'mostLevered', leverage }, subject, action) as bigint,
        isolated: (subject, market, order, collateral) =>
            put({ ask: 'isolated', order, collateral }, subject, [subject.account, market]) as Preview,
        standings: (at, accounts) => put({ ask: 'standings' }, at, accounts) as (Standing | null)[],
        book: (at) => put({ ask: 'book' }, at, []) as BookView,
        changes: (at, exchange, changes) => put({ ask: 'changes' }, at, [exchange, ...changes]) as ChangeView[],
        bank: (at, bank) => put({ ask: 'bank' }, at, [bank]) as BankView,
        pool: (at) => put({ ask: 'pool' }, at, [at.pool, ...at.markets]) as PoolView,
        poolRequest: (at, request) => put({ ask: 'poolRequest', request }, at, [at.pool, ...at.markets]) as PoolAnswer,
    };
}

// Libraries of the program bring imports of browsers along that nothing here calls.
function imports(module: WebAssembly.Module): WebAssembly.Imports {
    const stubs: WebAssembly.Imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
        const stub = () => {
            throw new Error(`the engine called ${from}.${name}`);
        };
        (stubs[from] ??= {})[name] = stub;
    }
    return stubs;
}

/** The accounts of an action, in the order in which the engine reads them. */
function needed(action: Action): Uint8Array[] {
    switch (action.kind) {
        case 'trade':
            return [action.market];
        case 'model':
            return [];
        case 'transfer':
            return action.to ? [action.bank, action.to] : [action.bank];
        default:
            return [action.bank];
    }
}

function named(action: Action): object {
    const plain = Object.entries(action).filter(([, value]) => !(value instanceof Uint8Array));
    return { action: Object.fromEntries(plain) };
}

const text = (value: object) =>
    new TextEncoder().encode(JSON.stringify(value, (_, it) => (typeof it === 'bigint' ? String(it) : it)));

function joined(head: Uint8Array, accounts: Uint8Array[]): Uint8Array {
    const request = new Uint8Array(4 + head.length + accounts.reduce((sum, { length }) => sum + length, 0));
    new DataView(request.buffer).setUint32(0, head.length, true);
    let at = 4;
    for (const part of [head, ...accounts]) {
        request.set(part, at);
        at += part.length;
    }
    return request;
}

/** Fields whose text is text; all other text is an integer, but in lists, which hold names. */
const WORDS = new Set(['asset', 'binds', 'error', 'kind', 'model', 'quality', 'state', 'status']);
const REPORTS = new Set(['report', 'before', 'after', 'receiver']);

function read(answer: string): unknown {
    const { ok, error } = JSON.parse(answer, function (this: unknown, key: string, value: unknown) {
        if (typeof value !== 'string' || WORDS.has(key) || Array.isArray(this)) return value;
        return REPORTS.has(key) ? report(value) : BigInt(value);
    });
    if (error !== undefined) throw new Error(`the engine: ${error}`);
    return ok;
}

function report(hex: string): HealthReport {
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    return getHealthReportDecoder().decode(bytes);
}
