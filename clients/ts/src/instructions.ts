/**
 * The instructions that owners, providers of liquidity and liquidators send most, with every account of a
 * {@link Venue} in its place. All others: `get…Instruction` of the generated client.
 */

import { AccountRole, type Address, type Instruction, type TransactionSigner } from '@solana/kit';
import { marginAccountAddress, orderAddress, poolRequestAddress, TOKEN, tokenAccountAddress } from './addresses.js';
import {
    getCancelOrderInstruction,
    getDepositInstruction,
    getLiquidateInstruction,
    getOpenAccountInstruction,
    getPlaceOrderInstruction,
    getRequestPoolInstruction,
    getSetModelInstruction,
    getWithdrawInstruction,
    type LiquidationLegArgs,
    type PlaceOrderInstructionDataArgs,
    type RequestPoolInstructionDataArgs,
} from './generated/index.js';
import { bankOf, marketOf, type Venue } from './venue.js';

/** Kinds of orders. */
export const ORDER = { market: 0, limit: 1, stop: 2, takeProfit: 3 } as const;
/** How much an order executes: its size, at most what is held on the other side, all of that. */
export const EXTENT = { size: 0, reduce: 1, close: 2 } as const;
/** What a leg of a liquidation closes, buys or repays. */
export const LEG = { position: 0, collateral: 1, debt: 2 } as const;
/** Kinds of requests to the pool. */
export const REQUEST = { deposit: 0, withdrawal: 1 } as const;
/** Margin models. */
export const MODEL = { standard: 0, portfolio: 1, isolated: 2 } as const;
/** Amount that means all there is; limit that refuses no price of a buy. */
export const EVERYTHING = 0xffff_ffff_ffff_ffffn;
/** No address: `partner` of an order without one. */
export const NOBODY = '11111111111111111111111111111111' as Address;

/** The signer's margin account. */
export type Mine = { owner: TransactionSigner; id: number };

/** Accounts behind those that the instruction names, as the program wants them. */
export function withAccounts<T extends Instruction>(instruction: T, addresses: Address[]): Instruction {
    const more = addresses.map((address) => ({ address, role: AccountRole.WRITABLE }));
    return { ...instruction, accounts: [...(instruction.accounts ?? []), ...more] };
}

/** Opens a margin account. */
export async function openAccount({ book }: Venue, { owner, id }: Mine): Promise<Instruction> {
    const account = await marginAccountAddress(book, owner.address, id);
    return getOpenAccountInstruction({ owner, payer: owner, book, account, id });
}

/** Sets the margin model. */
export async function setModel({ book }: Venue, { owner, id }: Mine, model: number): Promise<Instruction> {
    const account = await marginAccountAddress(book, owner.address, id);
    return getSetModelInstruction({ owner, book, account, model });
}

async function payment(venue: Venue, { owner, id }: Mine, slot: number) {
    const { bank, vault, mint, tokenProgram } = bankOf(venue, slot);
    const account = await marginAccountAddress(venue.book, owner.address, id);
    const wallet = await tokenAccountAddress(owner.address, mint, tokenProgram);
    return { wallet, keys: { owner, book: venue.book, account, bank, vault, mint, tokenProgram } };
}

/** Deposits atoms from the associated token account; a debt is repaid first. */
export async function deposit(venue: Venue, mine: Mine, slot: number, amount: bigint): Promise<Instruction> {
    const { keys, wallet } = await payment(venue, mine, slot);
    return getDepositInstruction({ ...keys, source: wallet, amount });
}

/** Withdraws atoms to the associated token account; beyond the deposit only with `borrow`. */
export async function withdraw(venue: Venue, mine: Mine, slot: number, amount: bigint, borrow = false): Promise<Instruction> {
    const { keys, wallet } = await payment(venue, mine, slot);
    return getWithdrawInstruction({ ...keys, destination: wallet, amount, borrow });
}

/** Terms of an order that have a usual value may be left out. */
export type OrderTerms = Pick<PlaceOrderInstructionDataArgs, 'id' | 'size' | 'kind' | 'limitQuote' | 'keeperFee'> &
    Partial<PlaceOrderInstructionDataArgs>;

/** Places an order in the market of `slot`, for an account of one's own. */
export async function placeOrder(venue: Venue, { owner, id }: Mine, slot: number, terms: OrderTerms): Promise<Instruction> {
    const account = await marginAccountAddress(venue.book, owner.address, id);
    const usual = { triggerQuote: 0n, expiresAt: 0n, partner: NOBODY, extent: EXTENT.size };
    return getPlaceOrderInstruction({
        trader: owner,
        payer: owner,
        book: venue.book,
        account,
        market: marketOf(venue, slot),
        order: await orderAddress(account, terms.id),
        ...usual,
        ...terms,
    });
}

/** Cancels an own order that rests and has no partner. */
export async function cancelOrder(venue: Venue, { owner, id }: Mine, slot: number, order: bigint): Promise<Instruction> {
    const account = await marginAccountAddress(venue.book, owner.address, id);
    const key = await orderAddress(account, order);
    const market = marketOf(venue, slot);
    return getCancelOrderInstruction({ keeper: owner, account, market, order: key, payer: owner.address });
}

/** Asks the pool to take a deposit or to pay shares back. */
export async function requestPool(
    venue: Venue,
    provider: TransactionSigner,
    terms: RequestPoolInstructionDataArgs,
): Promise<Instruction> {
    const { bank: quoteBank, vault, mint, tokenProgram } = venue.quote;
    const { book, pool, lpMint } = venue;
    const quoteAccount = await tokenAccountAddress(provider.address, mint, tokenProgram);
    const sharesAccount = await tokenAccountAddress(provider.address, lpMint, TOKEN);
    const request = await poolRequestAddress(pool, provider.address, terms.id);
    const keys = { provider, payer: provider, book, pool, lpMint, quoteBank, vault, mint };
    return getRequestPoolInstruction({ ...keys, quoteAccount, sharesAccount, request, ...terms });
}

/** Liquidates legs of an account; deposits and debts among them move to the liquidator's own account. */
export async function liquidate(
    venue: Venue,
    { owner, id }: Mine,
    account: Address,
    legs: LiquidationLegArgs[],
): Promise<Instruction> {
    const positions = legs.filter(({ kind }) => kind === LEG.position);
    const others = legs.filter(({ kind }) => kind !== LEG.position);
    const named = getLiquidateInstruction({
        keeper: owner,
        book: venue.book,
        keeperAccount: await marginAccountAddress(venue.book, owner.address, id),
        account,
        quoteBank: others.length > 0 ? venue.quote.bank : undefined,
        legs,
    });
    const markets = positions.map(({ slot }) => marketOf(venue, slot));
    return withAccounts(named, [...markets, ...others.map(({ slot }) => bankOf(venue, slot).bank)]);
}
