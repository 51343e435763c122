// Every account of the program, drawn at random by the program's own types: each field must be read the same
// here. The other side prints its fields as `Name { field: value, … }`, which is read below.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as client from '../src/index.js';

type Fixture = { kind: string; bytes: string; fields: string };
const fixtures: Fixture[] = JSON.parse(readFileSync('test/fixtures/accounts.json', 'utf8'));

const DECODERS: Record<string, { decode(bytes: Uint8Array): object }> = {
    Bank: client.getBankDecoder(),
    Code: client.getCodeDecoder(),
    Exchange: client.getExchangeDecoder(),
    MarginAccount: client.getMarginAccountDecoder(),
    Market: client.getMarketDecoder(),
    Order: client.getOrderDecoder(),
    ParameterChange: client.getParameterChangeDecoder(),
    Pool: client.getPoolDecoder(),
    PoolRequest: client.getPoolRequestDecoder(),
    RiskBook: client.getRiskBookDecoder(),
};

type Tree = string | Tree[] | { [field: string]: Tree };

/** What the other side printed. */
function printed(text: string): Tree {
    const tokens = text.match(/[A-Za-z0-9_-]+|[{}[\]():,]/g) ?? [];
    let at = 0;
    const list = (end: string): Tree[] => {
        const items: Tree[] = [];
        while (tokens[at] !== end) {
            items.push(value());
            if (tokens[at] === ',') at += 1;
        }
        at += 1;
        return items;
    };
    const fields = (): { [field: string]: Tree } => {
        const all: { [field: string]: Tree } = {};
        while (tokens[at] !== '}') {
            const name = tokens[at]!.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
            at += 2;
            all[name] = value();
            if (tokens[at] === ',') at += 1;
        }
        at += 1;
        return all;
    };
    const value = (): Tree => {
        const token = tokens[at++]!;
        if (token === '[') return list(']');
        const next = tokens[at];
        if (next === '{') {
            at += 1;
            return { name: token, ...fields() };
        }
        if (next === '(') {
            at += 1;
            return { name: token, fields: list(')') };
        }
        return token;
    };
    return value();
}

/** What was decoded, in the same form. */
function plain(value: unknown): Tree {
    if (value instanceof Uint8Array) return [...value].map(String);
    if (Array.isArray(value)) return value.map(plain);
    if (value !== null && typeof value === 'object') {
        const entries = Object.entries(value).map(([key, it]) => [key === '__kind' ? 'name' : key, plain(it)]);
        return Object.fromEntries(entries) as Tree;
    }
    return String(value);
}

/** The other side names its types where this side has only shapes. */
function unnamed(expected: Tree, found: Tree): Tree {
    if (Array.isArray(expected) && Array.isArray(found)) {
        return expected.map((it, at) => unnamed(it, found[at] ?? ''));
    }
    if (typeof expected === 'object' && !Array.isArray(expected)) {
        const shape = typeof found === 'object' && !Array.isArray(found) ? found : {};
        const kept = Object.entries(expected).filter(([key]) => key !== 'name' || 'name' in shape);
        return Object.fromEntries(kept.map(([key, it]) => [key, unnamed(it, shape[key] ?? '')]));
    }
    return expected;
}

for (const kind of Object.keys(DECODERS)) {
    test(`every field of ${kind} is read as the program reads it`, () => {
        const drawn = fixtures.filter((fixture) => fixture.kind === kind);
        assert.ok(drawn.length > 0, `no ${kind} was drawn`);
        for (const { bytes, fields } of drawn) {
            const { discriminator, ...decoded } = DECODERS[kind]!.decode(Buffer.from(bytes, 'hex')) as Record<string, unknown>;
            assert.equal(Buffer.from(discriminator as Uint8Array).toString('hex'), bytes.slice(0, 16));
            const found = plain(decoded);
            assert.deepEqual(found, unnamed(printed(fields), found));
            assert.ok(Object.keys(found).length > 3);
        }
    });
}

test('every kind of patch was drawn', () => {
    const kinds = new Set(
        fixtures
            .filter(({ kind }) => kind === 'ParameterChange')
            .map(({ bytes }) => client.getParameterChangeDecoder().decode(Buffer.from(bytes, 'hex')).patch.__kind),
    );
    assert.equal(kinds.size, 13);
});

test('a field that differs is noticed', () => {
    const { bytes, fields } = fixtures.find(({ kind }) => kind === 'Market')!;
    const spoilt = Buffer.from(bytes, 'hex');
    spoilt[50]! ^= 1;
    const { discriminator: _, ...decoded } = client.getMarketDecoder().decode(spoilt);
    const found = plain(decoded);
    assert.notDeepEqual(found, unnamed(printed(fields), found));
});
