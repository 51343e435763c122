/**
 * The program's own engine, compiled for browsers. Nothing about margin is computed outside of it.
 *
 * Accounts are the bytes as the chain has them, discriminators included. Money is in micro-dollars or quote
 * atoms, sizes in atoms, prices in 10⁻¹² dollars of a whole token.
 */

import { getHealthReportDecoder, type HealthReport } from './generated/index.js';

/** A leg and what it needs standing alone. */
export type LegView = {
    slot: number;
    kind: 'deposit' | 'debt' | 'long' | 'short' | 'claim' | 'quote';
    atoms: bigint;
    value: bigint;
    exposure: bigint;
    initial: bigint;
    maintenance: bigint;
};

/** A position; entry price is entry/atoms. */
export type PositionView = LegView & {
    entry: bigint;
    unrealised: bigint;
    unsettled: bigint;
    fundingDue: bigint;
    realised: bigint;
    fundingPaid: bigint;
    feesPaid: bigint;
};

/** Price of an asset held, and below and above which prices the account is liquidatable. */
export type PriceView = {
    slot: number;
    price: bigint;
    confidence: bigint;
    age: number;
    below: bigint | null;
    above: bigint | null;
};

/** An account as its owner wants to see it. */
export type AccountView = {
    report: HealthReport;
    balances: LegView[];
    positions: PositionView[];
    prices: PriceView[];
};

/** An action, with the account of the bank or market that it needs. */
export type Action =
    | { kind: 'trade'; market: Uint8Array; order: OrderTerms }
    | { kind: 'deposit'; bank: Uint8Array; amount: bigint }
    | { kind: 'withdraw'; bank: Uint8Array; amount: bigint; borrow: boolean };

type OrderTerms = { kind: number; extent: number; size: bigint; limitQuote: bigint; triggerQuote: bigint };

/** What an action would do. `refusal` is a code of the program: see `refusalOf`. */
export type Preview = {
    before: HealthReport;
    after: HealthReport | null;
    refusal: number | null;
    trade: { size: bigint; price: bigint; notional: bigint; fee: bigint; realised: bigint; funding: bigint } | null;
    payment: { repaid: bigint; deposited: bigint; withdrawn: bigint; borrowed: bigint } | null;
};

/** A margin account against its book at an instant; prices are moved before, by parts of a million. */
export type Subject = {
    book: Uint8Array;
    account: Uint8Array;
    now: bigint;
    moves?: { slot: number; parts: number }[];
};

/** The engine. */
export type Engine = {
    /** Health, legs, positions, liquidation prices. */
    view(subject: Subject): AccountView;
    /** What an action would do. */
    preview(subject: Subject, action: Action): Preview;
    /** The largest amount, or size on the side of the order, that is not refused. */
    most(subject: Subject, action: Action): bigint;
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
    const put = (question: object, subject: Subject, other?: Uint8Array): unknown => {
        const { book, account, now, moves = [] } = subject;
        const accounts = other ? [book, account, other] : [book, account];
        const pairs = moves.map(({ slot, parts }) => [slot, parts]);
        const lengths = accounts.map(({ length }) => length);
        const head = text({ ...question, now, moves: pairs, lengths });
        return read(ask(joined(head, accounts)));
    };
    return {
        ask,
        view: (subject) => put({ ask: 'view' }, subject) as AccountView,
        preview: (subject, action) => put({ ask: 'preview', ...named(action) }, subject, account(action)) as Preview,
        most: (subject, action) => put({ ask: 'most', ...named(action) }, subject, account(action)) as bigint,
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

const account = (action: Action) => (action.kind === 'trade' ? action.market : action.bank);

function named(action: Action): object {
    const { market: _market, bank: _bank, ...rest } = action as Action & { market?: unknown; bank?: unknown };
    return { action: rest };
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

function read(answer: string): unknown {
    const { ok, error } = JSON.parse(answer, (key, value) => {
        if (typeof value !== 'string' || key === 'kind' || key === 'error') return value;
        if (key === 'report' || key === 'before' || key === 'after') return report(value);
        return BigInt(value);
    });
    if (error !== undefined) throw new Error(`the engine: ${error}`);
    return ok;
}

function report(hex: string): HealthReport {
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    return getHealthReportDecoder().decode(bytes);
}
