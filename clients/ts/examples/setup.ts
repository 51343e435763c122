// What every example begins with: who signs, which node, which exchange.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
    address,
    createKeyPairSignerFromBytes,
    createSolanaRpc,
    fetchEncodedAccount,
    fetchEncodedAccounts,
    getBase58Decoder,
    type Address,
    type Base58EncodedBytes,
} from '@solana/kit';
import {
    loadEngine,
    loadVenue,
    MARGIN_ACCOUNT_DISCRIMINATOR,
    marginAccountAddress,
    marketOf,
    openAccount,
    PLIMSOLL_PROGRAM_ADDRESS,
    RISK_BOOK_DISCRIMINATOR,
    send,
    type AccountView,
    type Subject,
} from '../src/index.js';

/** Compiled examples lie two folders below the package. */
const WASM = new URL('../../wasm/plimsoll.wasm', import.meta.url);
/** Milliseconds between looks at an account that somebody else ends. */
const PAUSE = 1_000;

/** What was just sent is seen: the default waits until it is final. */
const SEEN = { commitment: 'confirmed' } as const;

/**
 * Reads the command line: --url, --key, --id of the margin account, --book where the cluster has more than one
 * exchange, and --percent, how much of what is possible is opened.
 */
export async function setup() {
    const { values } = parseArgs({
        options: {
            url: { type: 'string', default: 'http://127.0.0.1:8899' },
            key: { type: 'string' },
            book: { type: 'string' },
            id: { type: 'string', default: '0' },
            percent: { type: 'string', default: '50' },
        },
    });
    if (values.key === undefined) throw new Error('expected --key FILE with a key as solana-keygen writes it');
    const percent = Number(values.percent);
    if (!(Number.isInteger(percent) && percent >= 1 && percent <= 100)) {
        throw new Error(`expected --percent from 1 to 100, found ${values.percent}`);
    }
    const rpc = createSolanaRpc(values.url);
    await rpc.getVersion().send().catch((cause) => {
        throw new Error(`expected a node at ${values.url}`, { cause });
    });
    const owner = await readKey(values.key);
    const book = values.book ? address(values.book) : await onlyBook(rpc);
    const { venue, state } = await loadVenue(rpc, book);
    const mine = { owner, id: Number(values.id) };
    const account = await marginAccountAddress(book, owner.address, mine.id);
    const engine = await loadEngine(new Uint8Array(await readFile(WASM)));
    const sending = { rpc, payer: owner };
    return { rpc, venue, state, mine, account, engine, sending, percent: BigInt(percent) };
}

async function readKey(file: string) {
    try {
        return await createKeyPairSignerFromBytes(new Uint8Array(JSON.parse(await readFile(file, 'utf8'))));
    } catch (error) {
        throw new Error(`expected a key in ${file}`, { cause: error });
    }
}

/** What {@link setup} gives. */
export type Setup = Awaited<ReturnType<typeof setup>>;

const base58 = (bytes: Uint8Array | Iterable<number>) =>
    getBase58Decoder().decode(Uint8Array.from(bytes)) as string as Base58EncodedBytes;

async function onlyBook(rpc: ReturnType<typeof createSolanaRpc>): Promise<Address> {
    const books = await rpc
        .getProgramAccounts(PLIMSOLL_PROGRAM_ADDRESS, {
            encoding: 'base64',
            dataSlice: { offset: 0, length: 0 },
            filters: [{ memcmp: { offset: 0n, bytes: base58(RISK_BOOK_DISCRIMINATOR), encoding: 'base58' } }],
        })
        .send();
    if (books.length !== 1) throw new Error(`expected one exchange on the cluster, found ${books.length}: name its --book`);
    return books[0]!.pubkey;
}

/** Margin accounts of the exchange that somebody else owns. */
export async function others({ rpc, venue, account }: Setup): Promise<Address[]> {
    const filters = [
        { memcmp: { offset: 0n, bytes: base58(MARGIN_ACCOUNT_DISCRIMINATOR), encoding: 'base58' } },
        { memcmp: { offset: 40n, bytes: venue.book as string as Base58EncodedBytes, encoding: 'base58' } },
    ] as const;
    const config = { ...SEEN, encoding: 'base64', dataSlice: { offset: 0, length: 0 }, filters: [...filters] } as const;
    const found = await rpc.getProgramAccounts(PLIMSOLL_PROGRAM_ADDRESS, config).send();
    return found.map(({ pubkey }) => pubkey).filter((key) => key !== account);
}

/** Bytes of the book and of a margin account, and the cluster's time. */
export async function subject({ rpc, venue }: Setup, account: Address): Promise<Subject> {
    const [book, margin] = await fetchEncodedAccounts(rpc, [venue.book, account], SEEN);
    if (!book?.exists || !margin?.exists) throw new Error(`expected a margin account at ${account}`);
    const now = await rpc.getBlockTime(await rpc.getSlot(SEEN).send()).send();
    return { book: bytes(book.data), account: bytes(margin.data), now: BigInt(now) };
}

/** Bytes of one account. */
export async function read({ rpc }: Setup, key: Address): Promise<Uint8Array> {
    const account = await fetchEncodedAccount(rpc, key, SEEN);
    if (!account.exists) throw new Error(`expected an account at ${key}`);
    return bytes(account.data);
}

const bytes = (data: Iterable<number>) => Uint8Array.from(data);

/** The slot of the first market. */
export function firstMarket({ venue }: Setup): number {
    const slot = venue.listings.find(({ market }) => market)?.slot;
    if (slot === undefined) throw new Error('expected a market, the exchange has none');
    marketOf(venue, slot);
    return slot;
}

/** Opens the margin account if it is not there. */
export async function ensureAccount({ rpc, venue, mine, account, sending }: Setup) {
    if ((await fetchEncodedAccount(rpc, account, SEEN)).exists) return;
    await send(sending, [await openAccount(venue, mine)]);
    console.log(`opened margin account ${account}`);
}

/** Waits until a keeper has ended an order or a request. */
export async function ended({ rpc }: Setup, key: Address, seconds: number) {
    for (let waited = 0; waited < seconds * 1_000; waited += PAUSE) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        if (!(await fetchEncodedAccount(rpc, key, SEEN)).exists) return;
    }
    throw new Error(`${key} still stands after ${seconds} s: is a keeper running?`);
}

/** Micro-dollars in dollars. */
export const dollars = (micro: bigint) => `${micro < 0n ? '-' : ''}$${String(micro / 1_000_000n).replace('-', '')}`;

/** A line about an account's health. */
export const health = ({ report }: AccountView) =>
    `equity ${dollars(report.maintenanceEquity)}, maintenance ${dollars(report.maintenanceRequirement)}, ` +
    `initial ${dollars(report.initialRequirement)}`;

/** Runs an example; a failure is one sentence and a code. */
export function run(example: (setup: Setup) => Promise<void>) {
    setup()
        .then(example)
        .catch((error: Error) => {
            const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
            console.error(`error: ${error.message}${cause}`);
            process.exitCode = 1;
        });
}
