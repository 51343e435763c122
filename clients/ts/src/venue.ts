/** The addresses of one exchange, from its book. */

import {
    assertAccountExists,
    fetchEncodedAccounts,
    type Address,
    type GetAccountInfoApi,
    type GetMultipleAccountsApi,
    type Rpc,
} from '@solana/kit';
import { bankAddress, lpMintAddress, marketAddress, poolAddress, vaultAddress } from './addresses.js';
import { decodeBank, fetchRiskBook, type AssetSlot, type RiskBook } from './generated/index.js';

/** Bits of {@link AssetSlot.listed}. */
export const LISTED = { asset: 1, bank: 2, market: 4, wide: 8, halted: 16 } as const;

/** A bank's addresses. */
export type BankKeys = { bank: Address; vault: Address; mint: Address; tokenProgram: Address };

/** A listed asset. */
export type Listing = { slot: number; asset: AssetSlot; bank?: BankKeys; market?: Address };

/** An exchange: whatever its instructions need to be told. */
export type Venue = {
    exchange: Address;
    book: Address;
    pool: Address;
    lpMint: Address;
    quote: BankKeys;
    /** By slot. */
    listings: Listing[];
};

type Api = Rpc<GetAccountInfoApi & GetMultipleAccountsApi>;

/** The venue of the book at an address, with the book as it was read. */
export async function loadVenue(rpc: Api, book: Address): Promise<{ venue: Venue; state: RiskBook }> {
    const { data: state } = await fetchRiskBook(rpc, book);
    const pool = await poolAddress(book);
    const listings = await Promise.all(
        state.assets.slice(0, state.assetCount).map(async (asset, slot): Promise<Listing> => {
            const market = (asset.listed & LISTED.market) !== 0 ? await marketAddress(book, slot) : undefined;
            return { slot, asset, market };
        }),
    );
    await addBanks(rpc, book, listings);
    const quote = bankOf({ listings }, state.quoteSlot);
    const venue = { exchange: state.exchange, book, pool, lpMint: await lpMintAddress(pool), quote, listings };
    return { venue, state };
}

async function addBanks(rpc: Api, book: Address, listings: Listing[]) {
    const banked = listings.filter(({ asset }) => (asset.listed & LISTED.bank) !== 0);
    const addresses = await Promise.all(banked.map(({ slot }) => bankAddress(book, slot)));
    const banks = (await fetchEncodedAccounts(rpc, addresses)).map((account) => {
        assertAccountExists(account);
        return decodeBank(account);
    });
    const mints = await fetchEncodedAccounts(rpc, banks.map(({ data }) => data.mint));
    for (const [at, listing] of banked.entries()) {
        const [bank, mint] = [banks[at]!, mints[at]!];
        assertAccountExists(mint);
        const vault = await vaultAddress(bank.address);
        listing.bank = { bank: bank.address, vault, mint: mint.address, tokenProgram: mint.programAddress };
    }
}

/** The bank of the asset in `slot`. */
export function bankOf(venue: Pick<Venue, 'listings'>, slot: number): BankKeys {
    const bank = venue.listings[slot]?.bank;
    if (!bank) throw new Error(`expected a bank in slot ${slot}, the exchange has none there`);
    return bank;
}

/** The market of the asset in `slot`. */
export function marketOf(venue: Pick<Venue, 'listings'>, slot: number): Address {
    const market = venue.listings[slot]?.market;
    if (!market) throw new Error(`expected a market in slot ${slot}, the exchange has none there`);
    return market;
}
