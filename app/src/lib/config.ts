/** Which cluster and exchange the app shows: `config.json` beside the page, and what the visitor set himself. */

import { isAddress, type Address } from '@solana/kit';

/** Where things are. */
export type Config = {
    /** Name of the cluster, as shown; `localnet` offers a test wallet and the faucet. */
    cluster: string;
    /** JSON-RPC and its web socket. */
    rpc: string;
    ws: string;
    /** The risk book: the exchange. */
    book: Address;
    /** Server of price histories, as Pyth Benchmarks has them; none: no history. */
    history: string | null;
    /** Server of test tokens. */
    faucet: string | null;
    /** Link to a transaction or an address: `{kind}` is tx or address, `{id}` which, `{rpc}` the JSON-RPC. */
    explorer: string;
    /** Symbol by Pyth feed id, hexadecimal. */
    symbols: Record<string, string>;
};

/** What the visitor can set himself. */
export type Override = Partial<Pick<Config, 'rpc' | 'ws' | 'book'>>;

const KEY = 'plimsoll.connection';
const EXPLORER = 'https://explorer.solana.com/{kind}/{id}?cluster=custom&customUrl={rpc}';

/** A configuration that cannot be used, in a sentence. */
export class BadConfig extends Error {}

/** What the visitor has set. */
export function override(): Override {
    try {
        return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Override;
    } catch {
        return {};
    }
}

/** Sets it; an empty one returns to `config.json`. */
export function setOverride(value: Override) {
    localStorage.setItem(KEY, JSON.stringify(value));
}

/** Reads the configuration. */
export async function loadConfig(): Promise<Config> {
    const url = new URL('config.json', document.baseURI);
    const answer = await fetch(url, { cache: 'no-cache' }).catch(() => undefined);
    if (!answer?.ok) throw new BadConfig(`expected a configuration at ${url}, found none`);
    const file = (await answer.json().catch(() => undefined)) as Partial<Config> | undefined;
    if (!file) throw new BadConfig(`expected JSON at ${url}, found something else`);
    return checked({ ...file, ...override() });
}

function checked(file: Partial<Config>): Config {
    const { cluster = 'unknown cluster', history = null, faucet = null, explorer = EXPLORER, symbols = {} } = file;
    const rpc = required('rpc', file.rpc, /^https?:\/\/\S+$/);
    const ws = file.ws ?? rpc.replace(/^http/, 'ws');
    required('ws', ws, /^wss?:\/\/\S+$/);
    if (!file.book || !isAddress(file.book)) {
        throw new BadConfig(`expected the address of a risk book as "book", found ${file.book ?? 'none'}`);
    }
    return { cluster, rpc, ws, book: file.book, history, faucet, explorer, symbols };
}

function required(name: string, value: string | undefined, form: RegExp): string {
    if (value && form.test(value)) return value;
    throw new BadConfig(`expected a URL as "${name}", found ${value ?? 'none'}`);
}

/** Whether tokens are worthless there. */
export const isLocal = ({ cluster }: Config) => cluster === 'localnet';

/** Where an explorer shows a transaction or an address. */
export function explorerLink({ explorer, rpc }: Config, kind: 'tx' | 'address', id: string): string {
    return explorer.replace('{kind}', kind).replace('{id}', id).replace('{rpc}', encodeURIComponent(rpc));
}

/** A URL of the configuration, relative to the page unless it is whole. */
export const resolved = (url: string) => new URL(url, document.baseURI);
