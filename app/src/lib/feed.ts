/**
 * Bytes of accounts, kept current by subscriptions.
 *
 * Each watched account is subscribed to and read once. When the connection is lost, everything is subscribed to
 * and read again after a pause that doubles: what was missed meanwhile is in the bytes.
 */

import { createSolanaRpcSubscriptions, type Address, type Rpc, type SolanaRpcApi } from '@solana/kit';

/** Milliseconds of the first and the longest pause before connecting again. */
const [SHORTEST, LONGEST] = [500, 15_000];
/** Accounts in one request. */
const MOST = 100;

/** Bytes of base64, for every price of the book: the browser's own reader and a loop are many times faster than others. */
export function bytesOf(base64: string): Bytes {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
    return bytes;
}

type Wire = { data: readonly [string, string]; lamports: bigint } | null;
type Bytes = Uint8Array<ArrayBuffer>;

/** An account as it is on chain; null where there is none. */
export type Watched = { bytes: Bytes; lamports: bigint } | null;

/** Whether the app hears of changes. */
export type Connection = { state: 'connecting' | 'live' } | { state: 'lost'; attempt: number };

/** The connection to a cluster. */
export class Feed {
    #watched = new Map<Address, Watched | undefined>();
    #stop = new AbortController();
    #generation = 0;
    #attempt = 0;
    connection: Connection = { state: 'connecting' };

    constructor(
        readonly rpc: Rpc<SolanaRpcApi>,
        readonly ws: string,
        private readonly changed: () => void,
    ) {
        this.subscriptions = createSolanaRpcSubscriptions(ws);
    }

    subscriptions: ReturnType<typeof createSolanaRpcSubscriptions>;

    /** What is known of an account: undefined while it was not read. */
    get = (address: Address): Watched | undefined => this.#watched.get(address);

    /** Watches accounts from now on; resolves when they are read. */
    async watch(addresses: readonly Address[]): Promise<void> {
        const fresh = addresses.filter((address) => !this.#watched.has(address));
        for (const address of fresh) this.#watched.set(address, undefined);
        if (fresh.length > 0) await this.#attach(fresh);
    }

    /** Reads accounts that are watched once more. */
    async read(addresses: readonly Address[]): Promise<void> {
        for (let at = 0; at < addresses.length; at += MOST) {
            const part = addresses.slice(at, at + MOST);
            const config = { encoding: 'base64', commitment: 'confirmed' } as const;
            const { value } = await this.rpc.getMultipleAccounts(part, config).send();
            part.forEach((address, index) => this.#put(address, value[index] as Wire));
        }
        this.changed();
    }

    /** Subscribes and reads anew, as after a break. */
    reconnect = () => this.#lost(this.#generation);

    /** Ends everything that is watched; what is watched afterwards begins anew. */
    close() {
        this.#generation += 1;
        this.#stop.abort();
        this.#stop = new AbortController();
        this.#watched.clear();
    }

    async #attach(addresses: readonly Address[]): Promise<void> {
        const generation = this.#generation;
        const stop = this.#stop.signal;
        try {
            await Promise.all(addresses.map((address) => this.#subscribe(address, generation, stop)));
            await this.read(addresses);
            if (generation !== this.#generation) return;
            this.#attempt = 0;
            this.connection = { state: 'live' };
            this.changed();
        } catch {
            this.#lost(generation);
        }
    }

    async #subscribe(address: Address, generation: number, abortSignal: AbortSignal) {
        const config = { encoding: 'base64', commitment: 'confirmed' } as const;
        const changes = await this.subscriptions.accountNotifications(address, config).subscribe({ abortSignal });
        const follow = async () => {
            for await (const { value } of changes) {
                if (generation !== this.#generation) return;
                this.#put(address, value as unknown as Wire);
                this.changed();
            }
        };
        // An end that nobody asked for is a break as well.
        void follow().then(
            () => abortSignal.aborted || this.#lost(generation),
            () => this.#lost(generation),
        );
    }

    #lost(generation: number) {
        if (generation !== this.#generation) return;
        this.#generation += 1;
        this.#stop.abort();
        this.#stop = new AbortController();
        this.connection = { state: 'lost', attempt: (this.#attempt += 1) };
        this.changed();
        const pause = Math.min(LONGEST, SHORTEST * 2 ** (this.#attempt - 1));
        const again = this.#generation;
        setTimeout(() => {
            if (again !== this.#generation) return;
            this.subscriptions = createSolanaRpcSubscriptions(this.ws);
            void this.#attach([...this.#watched.keys()]);
        }, pause);
    }

    #put(address: Address, wire: Wire) {
        if (!this.#watched.has(address)) return;
        const bytes = wire && bytesOf(wire.data[0]);
        // A closed account is one without data.
        const found = wire && bytes && (bytes.length > 0 || wire.lamports > 0n);
        this.#watched.set(address, found ? { bytes, lamports: wire.lamports } : null);
    }
}
