/** Somebody who trades without a browser, by the client library, on the cluster that the app is served from. */

import {
    address,
    createKeyPairSignerFromPrivateKeyBytes,
    createSolanaRpc,
    type Address,
    type Rpc,
    type SolanaRpcApi,
    type TransactionSigner,
} from '@solana/kit';
import {
    deposit,
    fetchMarginAccount,
    loadEngine,
    loadVenue,
    marginAccountAddress,
    marketOf,
    openAccount,
    ORDER,
    placeOrder,
    send,
    setModel,
    type Engine,
    type Mine,
    type Venue,
} from '@plimsoll/client';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Config } from '../../src/lib/config';

/** Where the app is served, and the prices and the faucet with it. */
export const APP = process.env.PLIMSOLL_APP ?? 'http://127.0.0.1:8901';
const WASM = new URL('../../../clients/ts/wasm/plimsoll.wasm', import.meta.url);
const CLOCK = address('SysvarC1ock11111111111111111111111111111111');
const PAUSE = 500;

/** Asks the prices' server for something, and fails with its answer. */
export async function ask(path: string): Promise<void> {
    const answer = await fetch(`${APP}${path}`, { method: 'POST' });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

/** A trader with a margin account. */
export class Trader {
    private constructor(
        readonly rpc: Rpc<SolanaRpcApi>,
        readonly venue: Venue,
        readonly seed: Uint8Array,
        readonly owner: TransactionSigner,
        readonly account: Address,
        readonly engine: Engine,
        private readonly symbols: Record<string, string>,
    ) {}

    /** With tokens of the faucet and an account of a model. */
    static async arrive(model = 0): Promise<Trader> {
        const config = (await (await fetch(`${APP}/config.json`)).json()) as Config;
        const rpc: Rpc<SolanaRpcApi> = createSolanaRpc(config.rpc);
        const { venue } = await loadVenue(rpc, config.book);
        const seed = new Uint8Array(randomBytes(32));
        const owner = await createKeyPairSignerFromPrivateKeyBytes(seed);
        await ask(`/faucet?to=${owner.address}`);
        const account = await marginAccountAddress(venue.book, owner.address, 0);
        const engine = await loadEngine(new Uint8Array(await readFile(WASM)));
        const trader = new Trader(rpc, venue, seed, owner, account, engine, config.symbols);
        await trader.#send([await openAccount(venue, trader.mine)]);
        if (model !== 0) await trader.#send([await setModel(venue, trader.mine, model)]);
        return trader;
    }

    get mine(): Mine {
        return { owner: this.owner, id: 0 };
    }

    /** The slot of an asset by what it is called. */
    slot(symbol: string): number {
        const feed = Object.entries(this.symbols).find(([, name]) => name === symbol)![0];
        const hex = (id: ArrayLike<number>) => Buffer.from(id).toString('hex');
        return this.venue.listings.find(({ asset }) => hex(asset.feedId) === feed)!.slot;
    }

    /** Deposits atoms. */
    async deposits(symbol: string, atoms: bigint): Promise<void> {
        await this.#send([await deposit(this.venue, this.mine, this.slot(symbol), atoms)]);
    }

    /** Opens a position of signed atoms at any price, and waits until it is there. */
    async trades(symbol: string, size: bigint): Promise<void> {
        const slot = this.slot(symbol);
        const { state } = await loadVenue(this.rpc, this.venue.book);
        const limitQuote = size > 0n ? 0xffff_ffff_ffff_ffffn : 0n;
        const terms = { id: BigInt(Date.now()), kind: ORDER.market, size, limitQuote, keeperFee: state.minKeeperFee };
        await this.#send([await placeOrder(this.venue, this.mine, slot, terms)]);
        for (let tried = 0; tried < 120; tried += 1) {
            const { positions, openOrders } = await this.state();
            if (positions.some((it) => it.slot === slot && it.base !== 0n)) return;
            if (openOrders === 0) break;
            await new Promise((resolve) => setTimeout(resolve, PAUSE));
        }
        throw new Error(`expected the order for ${symbol} to be executed`);
    }

    /** Opens the largest position of so many percent of what margin allows. */
    async levers(symbol: string, percent: bigint): Promise<void> {
        const market = marketOf(this.venue, this.slot(symbol));
        const config = { encoding: 'base64', commitment: 'confirmed' } as const;
        const keys = [this.venue.book, this.account, market, CLOCK];
        const { value } = await this.rpc.getMultipleAccounts(keys, config).send();
        const [book, account, bytes, clock] = value.map((it) => Buffer.from(it!.data[0], 'base64'));
        const now = clock!.readBigInt64LE(32);
        const order = { kind: ORDER.market, extent: 0, size: 1n, limitQuote: 0xffff_ffff_ffff_ffffn, triggerQuote: 0n };
        const subject = { book: book!, account: account!, now };
        const most = this.engine.most(subject, { kind: 'trade', market: bytes!, order });
        if (most === 0n) throw new Error(`expected margin for ${symbol}, the account has none at ${now}`);
        await this.trades(symbol, (most * percent) / 100n);
    }

    /** The account as it is. */
    async state() {
        return (await fetchMarginAccount(this.rpc, this.account, { commitment: 'confirmed' })).data;
    }

    async #send(instructions: Parameters<typeof send>[1]): Promise<void> {
        await send({ rpc: this.rpc, payer: this.owner }, instructions);
    }
}
