/** What the app knows of the exchange and of its visitor, from the chain's accounts alone. */

import {
    address,
    createSolanaRpc,
    getBase16Decoder,
    getBase58Decoder,
    type Address,
    type Base58EncodedBytes,
    type Rpc,
    type SolanaRpcApi,
} from '@solana/kit';
import {
    decodeOrder,
    getMarginAccountDecoder,
    getRiskBookDecoder,
    loadVenue,
    MARGIN_ACCOUNT_DISCRIMINATOR,
    ORDER_DISCRIMINATOR,
    PLIMSOLL_PROGRAM_ADDRESS,
    tokenAccountAddress,
    type Listing,
    type MarginAccount,
    type Order,
    type RiskBook,
    type Venue,
} from '@plimsoll/client';
import type { Config } from './config';
import { bytesOf, Feed, type Connection } from './feed';

const CLOCK = address('SysvarC1ock11111111111111111111111111111111');
/** Where the unix time stands in the clock's account, and the amount in a token account. */
const [TIME_AT, AMOUNT_AT] = [32, 64];
/** Milliseconds between looks at the chain's clock; in between the visitor's own goes on. */
const CLOCK_EVERY = 20_000;

export type Bytes = Uint8Array<ArrayBuffer>;

/** A margin account of the visitor. */
export type Margin = { address: Address; id: number; bytes: Bytes; state: MarginAccount };

/** An order of one of them. */
export type OpenOrder = { address: Address; order: Order };

/** Everything, at one moment. */
export type Snapshot = {
    connection: Connection;
    /** Why nothing can be shown, in a sentence. */
    problem: string | null;
    venue: Venue | null;
    /** The book's bytes, for the engine. */
    book: Bytes | null;
    /** What they say: read when it is asked for. */
    readonly state: RiskBook | null;
    launched: boolean;
    /** The chain's clock, unix seconds. */
    now: bigint;
    owner: Address | null;
    /** By id; null while they are looked for. */
    margins: Margin[] | null;
    orders: OpenOrder[];
};

const NOTHING: Snapshot = {
    connection: { state: 'connecting' },
    problem: null,
    venue: null,
    book: null,
    state: null,
    launched: true,
    now: 0n,
    owner: null,
    margins: null,
    orders: [],
};

const base58 = (bytes: Iterable<number>) => getBase58Decoder().decode(Uint8Array.from(bytes)) as string as Base58EncodedBytes;
const memcmp = (offset: bigint, bytes: Base58EncodedBytes) => ({ memcmp: { offset, bytes, encoding: 'base58' } }) as const;

/** What one snapshot hands on to the next. */
const handedOn = ({ venue, owner, problem, launched }: Snapshot) => ({ venue, owner, problem, launched });

/** A store of snapshots. */
export class Chain {
    readonly rpc: Rpc<SolanaRpcApi>;
    readonly feed: Feed;
    #snapshot = NOTHING;
    #listeners = new Set<() => void>();
    #due = false;
    #decoded = new WeakMap<Bytes, unknown>();
    #owned: Address[] | null = null;
    #orders: OpenOrder[] = [];
    #ordersOf = '';
    #wallets = new Map<number, Address>();
    #ahead = 0;
    #run = 0;
    #tick: ReturnType<typeof setTimeout> | undefined;

    constructor(readonly config: Config) {
        this.rpc = createSolanaRpc(config.rpc);
        this.feed = new Feed(this.rpc, config.ws, () => this.#changed());
    }

    /** For useSyncExternalStore. */
    subscribe = (listener: () => void) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
    };
    get = () => this.#snapshot;

    /** Connects; returns what ends it. */
    start(): () => void {
        const clocks = setInterval(() => void this.#readClock().catch(() => {}), CLOCK_EVERY);
        const online = () => this.feed.reconnect();
        window.addEventListener('online', online);
        const run = (this.#run += 1);
        void this.#open(run);
        return () => {
            this.#run += 1;
            clearTimeout(this.#tick);
            clearInterval(clocks);
            window.removeEventListener('online', online);
            this.feed.close();
        };
    }

    /** Follows the accounts of an owner, or of nobody. */
    async setOwner(owner: Address | null): Promise<void> {
        if (owner === this.#snapshot.owner) return;
        this.#owned = null;
        this.#orders = [];
        this.#ordersOf = '';
        this.#wallets.clear();
        this.#set({ owner });
        await this.#follow();
    }

    /** Looks for margin accounts again: after one was opened or closed. */
    async reload(): Promise<void> {
        const { owner, venue } = this.#snapshot;
        if (!owner || !venue) return;
        const filters = [
            memcmp(0n, base58(MARGIN_ACCOUNT_DISCRIMINATOR)),
            memcmp(8n, owner as string as Base58EncodedBytes),
            memcmp(40n, venue.book as string as Base58EncodedBytes),
        ];
        const config = { encoding: 'base64', commitment: 'confirmed', dataSlice: { offset: 0, length: 0 }, filters } as const;
        const found = await this.rpc.getProgramAccounts(PLIMSOLL_PROGRAM_ADDRESS, config).send();
        if (owner !== this.#snapshot.owner) return;
        const owned = found.map(({ pubkey }) => pubkey);
        await this.feed.watch(owned);
        this.#owned = owned;
        this.#changed();
    }

    /** Atoms in the visitor's wallet; null while they are not known. */
    walletAtoms(slot: number): bigint | null {
        const account = this.#wallets.get(slot);
        const found = account && this.feed.get(account);
        if (found === undefined || account === undefined) return null;
        return found === null ? 0n : new DataView(found.bytes.buffer).getBigUint64(AMOUNT_AT, true);
    }

    /** Lamports in the visitor's wallet. */
    lamports(): bigint | null {
        const { owner } = this.#snapshot;
        const found = owner && this.feed.get(owner);
        return found === undefined ? null : (found?.lamports ?? 0n);
    }

    /** Bytes of the bank or the market of a slot, or of any other watched account. */
    bytes(of: Address | undefined): Bytes | null {
        return (of && this.feed.get(of)?.bytes) ?? null;
    }

    /** What a listed asset is called. */
    symbol = (listing: Pick<Listing, 'slot' | 'asset'>): string => {
        const feed = getBase16Decoder().decode(listing.asset.feedId);
        return this.config.symbols[feed] ?? `#${listing.slot}`;
    };

    async #open(run: number, attempt = 0): Promise<void> {
        try {
            const { venue, state } = await loadVenue(this.rpc, this.config.book);
            const { listings, book, pool } = venue;
            const kept = listings.flatMap(({ bank, market }) => [bank?.bank, market]);
            await this.#readClock();
            if (run !== this.#run) return;
            this.#set({ venue, launched: state.launched === 1, problem: null });
            await this.feed.watch([book, pool, ...kept.filter((it) => it !== undefined)]);
            await this.#follow();
        } catch (error) {
            const problem = await this.#why(error);
            if (run !== this.#run) return;
            this.#set({ problem });
            setTimeout(() => run === this.#run && void this.#open(run, attempt + 1), Math.min(15_000, 1_000 * 2 ** attempt));
        }
    }

    async #why(error: unknown): Promise<string> {
        const { rpc, cluster, book } = this.config;
        try {
            const config = { encoding: 'base64' } as const;
            const { value } = await this.rpc.getAccountInfo(PLIMSOLL_PROGRAM_ADDRESS, config).send();
            if (!value) return `The cluster behind ${rpc} has no Plimsoll program at ${PLIMSOLL_PROGRAM_ADDRESS}.`;
            const found = await this.rpc.getAccountInfo(book, config).send();
            if (!found.value) return `The cluster behind ${rpc} has no exchange with the risk book ${book}.`;
        } catch {
            return `The node of ${cluster} at ${rpc} does not answer.`;
        }
        return `The exchange could not be read: ${(error as Error).message}.`;
    }

    async #readClock() {
        const config = { encoding: 'base64', commitment: 'confirmed' } as const;
        const { value } = await this.rpc.getAccountInfo(CLOCK, config).send();
        const bytes = value && bytesOf(value.data[0]);
        if (!bytes || bytes.length < TIME_AT + 8) throw new Error('the cluster has no clock');
        const time = new DataView(bytes.buffer).getBigInt64(TIME_AT, true);
        this.#ahead = Number(time) - performance.now() / 1_000;
        this.#changed();
    }

    async #follow(): Promise<void> {
        const { owner, venue } = this.#snapshot;
        if (!owner || !venue) return;
        const banked = venue.listings.filter(({ bank }) => bank);
        const wallets = await Promise.all(
            banked.map(async ({ slot, bank }) => {
                return [slot, await tokenAccountAddress(owner, bank!.mint, bank!.tokenProgram)] as const;
            }),
        );
        if (owner !== this.#snapshot.owner) return;
        this.#wallets = new Map(wallets);
        await Promise.all([this.feed.watch([owner, ...this.#wallets.values()]), this.reload()]);
    }

    /** Orders are read again when the margin accounts say that some came or went. */
    async #readOrders(margins: Margin[]): Promise<void> {
        const counts = margins.map(({ address, state }) => `${address} ${state.openOrders} ${state.pendingOrder}`);
        const key = margins.some(({ state }) => state.openOrders > 0) ? counts.join() : '';
        if (key === this.#ordersOf) return;
        this.#ordersOf = key;
        const read = async ({ address: of }: Margin): Promise<OpenOrder[]> => {
            const filters = [memcmp(0n, base58(ORDER_DISCRIMINATOR)), memcmp(40n, of as string as Base58EncodedBytes)];
            const config = { encoding: 'base64', commitment: 'confirmed', filters } as const;
            const found = await this.rpc.getProgramAccounts(PLIMSOLL_PROGRAM_ADDRESS, config).send();
            return found.map(({ pubkey, account }) => {
                const data = bytesOf(account.data[0]);
                const rest = { programAddress: PLIMSOLL_PROGRAM_ADDRESS, executable: false, space: account.space };
                const { data: order } = decodeOrder({ address: pubkey, data, lamports: account.lamports, ...rest });
                return { address: pubkey, order };
            });
        };
        try {
            const orders = (await Promise.all(margins.filter(({ state }) => state.openOrders > 0).map(read))).flat();
            if (key === this.#ordersOf) this.#orders = orders.sort((a, b) => Number(a.order.placedAt - b.order.placedAt));
        } catch {
            this.#ordersOf = '?';
        }
        this.#changed();
    }

    #decode<T>(bytes: Bytes, decoder: { decode(bytes: Bytes): T }): T {
        let known = this.#decoded.get(bytes) as T | undefined;
        if (known === undefined) this.#decoded.set(bytes, (known = decoder.decode(bytes)));
        return known;
    }

    /** Many changes before the next frame make one snapshot. */
    #changed() {
        if (this.#due) return;
        this.#due = true;
        setTimeout(() => {
            this.#due = false;
            this.#set({});
        }, 16);
    }

    #set(part: Partial<ReturnType<typeof handedOn>>) {
        // Where nothing else happens, time does.
        clearTimeout(this.#tick);
        this.#tick = setTimeout(() => this.#set({}), 1_000);
        const { venue, owner, problem, launched } = { ...handedOn(this.#snapshot), ...part };
        const book = this.bytes(venue?.book);
        const read = () => book && this.#decode(book, getRiskBookDecoder());
        const owned = owner ? this.#owned : null;
        const margins = owned && this.#margins(owned);
        this.#snapshot = {
            connection: this.feed.connection,
            problem,
            venue,
            book,
            get state() {
                return read();
            },
            launched: launched || read()?.launched === 1,
            now: BigInt(Math.floor(this.#ahead + performance.now() / 1_000)),
            owner,
            margins,
            orders: this.#orders,
        };
        if (margins) void this.#readOrders(margins);
        for (const listener of this.#listeners) listener();
    }

    /** The same list as before where no account has changed. */
    #margins(owned: Address[]): Margin[] {
        const found = owned.flatMap((of) => {
            const bytes = this.bytes(of);
            return bytes && bytes.length > 0 ? [this.#margin(of, bytes)] : [];
        });
        found.sort((a, b) => a.id - b.id);
        const last = this.#snapshot.margins;
        return last?.length === found.length && found.every((margin, at) => margin === last[at]) ? last : found;
    }

    #margin(of: Address, bytes: Bytes): Margin {
        const decode = () => {
            const state = getMarginAccountDecoder().decode(bytes);
            return { address: of, id: state.id, bytes, state };
        };
        return this.#decode(bytes, { decode });
    }
}
