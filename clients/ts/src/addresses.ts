/** Addresses that follow from seeds. */

import {
    address,
    getAddressEncoder,
    getProgramDerivedAddress,
    getU16Encoder,
    getU64Encoder,
    getUtf8Encoder,
    type Address,
    type ReadonlyUint8Array,
} from '@solana/kit';
import { PLIMSOLL_PROGRAM_ADDRESS } from './generated/index.js';

/** SPL Token. */
export const TOKEN = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
const ASSOCIATED_TOKEN = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');

const key = (of: Address) => getAddressEncoder().encode(of);
const u64 = (value: number | bigint) => getU64Encoder().encode(value);

async function pda(seed: string, ...rest: (ReadonlyUint8Array | number)[]): Promise<Address> {
    const seeds = rest.map((it) => (typeof it === 'number' ? new Uint8Array([it]) : it));
    const programAddress = PLIMSOLL_PROGRAM_ADDRESS;
    return (await getProgramDerivedAddress({ programAddress, seeds: [getUtf8Encoder().encode(seed), ...seeds] }))[0];
}

/** Exchange `id` of a creator. */
export const exchangeAddress = (creator: Address, id: number | bigint) => pda('exchange', key(creator), u64(id));
/** The bank of the asset in `slot`. */
export const bankAddress = (book: Address, slot: number) => pda('bank', key(book), slot);
/** The vault of a bank. */
export const vaultAddress = (bank: Address) => pda('vault', key(bank));
/** The market of the asset in `slot`. */
export const marketAddress = (book: Address, slot: number) => pda('market', key(book), slot);
/** The pool of a book. */
export const poolAddress = (book: Address) => pda('pool', key(book));
/** The mint of a pool's shares. */
export const lpMintAddress = (pool: Address) => pda('lp', key(pool));
/** Margin account `id` of an owner. */
export const marginAccountAddress = (book: Address, owner: Address, id: number) =>
    pda('account', key(book), key(owner), getU16Encoder().encode(id));
/** Order `id` of a margin account. */
export const orderAddress = (account: Address, id: number | bigint) => pda('order', key(account), u64(id));
/** Request `id` of a provider of liquidity. */
export const poolRequestAddress = (pool: Address, provider: Address, id: number | bigint) =>
    pda('request', key(pool), key(provider), u64(id));
/** Announced change `id` of an exchange. */
export const changeAddress = (exchange: Address, id: number | bigint) => pda('change', key(exchange), u64(id));
/** What the program's code is governed by. */
export const codeAddress = () => pda('code');

/** The associated token account of an owner. */
export async function tokenAccountAddress(owner: Address, mint: Address, tokenProgram: Address): Promise<Address> {
    const seeds = [owner, tokenProgram, mint].map(key);
    return (await getProgramDerivedAddress({ programAddress: ASSOCIATED_TOKEN, seeds }))[0];
}
