/** The five ways in which tokens move, as the program's instructions and as questions to the engine. */

import type { Address, Instruction } from '@solana/kit';
import {
    bankOf,
    deposit,
    getSetLendingInstruction,
    getSyncInstruction,
    getTransferInstruction,
    marginAccountAddress,
    withAccounts,
    withdraw,
    type Action,
    type BankKeys,
    type Mine,
    type Venue,
} from '@plimsoll/client';
import type { Bytes } from '../../lib/chain';
import { ensureTokenAccount } from '../../lib/tokens';

/** Ways to move tokens. */
export const PAYMENTS = ['deposit', 'withdraw', 'borrow', 'repay', 'transfer'] as const;
export type Payment = (typeof PAYMENTS)[number];

/** What each is called and what it does. */
export const WORDS: Record<Payment, { name: string; says: string }> = {
    deposit: { name: 'Deposit', says: 'From your wallet into the margin account. A debt in the same token is repaid first.' },
    withdraw: { name: 'Withdraw', says: 'From the margin account into your wallet, never on credit.' },
    borrow: {
        name: 'Borrow',
        says: 'Into your wallet, against everything the account holds. Your own deposit in the token goes first.',
    },
    repay: { name: 'Repay', says: 'From your wallet against a debt. What is over becomes a deposit.' },
    transfer: { name: 'Transfer', says: 'Between two of your margin accounts. No token moves.' },
};

/** The engine's question. */
export function asked(payment: Payment, bank: Bytes, amount: bigint): Action {
    if (payment === 'deposit' || payment === 'repay') return { kind: 'deposit', bank, amount };
    if (payment === 'transfer') return { kind: 'transfer', bank, amount };
    return { kind: 'withdraw', bank, amount, borrow: payment === 'borrow' };
}

/** The instructions; `to` is the other account of a transfer. */
export async function instructions(
    venue: Venue,
    mine: Mine,
    payment: Payment,
    { slot, amount, to }: { slot: number; amount: bigint; to: number | null },
): Promise<Instruction[]> {
    const bank = bankOf(venue, slot);
    switch (payment) {
        case 'deposit':
        case 'repay':
            return [await deposit(venue, mine, slot, amount)];
        case 'withdraw':
            return [await ensureTokenAccount(mine.owner, bank), await withdraw(venue, mine, slot, amount)];
        case 'borrow':
            return [
                sync(venue, bank),
                await ensureTokenAccount(mine.owner, bank),
                await withdraw(venue, mine, slot, amount, true),
            ];
        case 'transfer':
            if (to === null) throw new Error('expected an account to transfer to');
            return [await transfer(venue, mine, to, amount)];
    }
}

/** Lends a deposit, or stops lending it. */
export function lending(venue: Venue, { owner }: Mine, account: Address, slot: number, lend: boolean): Instruction[] {
    const { bank } = bankOf(venue, slot);
    const set = getSetLendingInstruction({ owner, book: venue.book, account, bank, lend });
    return [sync(venue, bankOf(venue, slot)), set];
}

/** Loans begin at a rate that is at most some seconds old. */
function sync({ book, pool, quote }: Venue, bank: BankKeys): Instruction {
    const named = getSyncInstruction({ book, pool, quoteBank: quote.bank });
    return withAccounts(named, bank.bank === quote.bank ? [] : [bank.bank]);
}

/** Moves quote to another of the owner's accounts. */
export async function transfer(venue: Venue, { owner, id }: Mine, to: number, amount: bigint): Promise<Instruction> {
    const { book, quote } = venue;
    const [from, other] = await Promise.all([id, to].map((it) => marginAccountAddress(book, owner.address, it)));
    return getTransferInstruction({ owner, book, from: from!, to: other!, quoteBank: quote.bank, amount });
}
