/** Token accounts of the wallet. */

import { AccountRole, address, type Address, type Instruction, type TransactionSigner } from '@solana/kit';
import { tokenAccountAddress, type BankKeys } from '@plimsoll/client';

const ASSOCIATED_TOKEN = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
const SYSTEM = address('11111111111111111111111111111111');
/** Creates the account, or does nothing where it exists. */
const CREATE_IDEMPOTENT = 1;

/** Makes sure that the wallet can hold a token. */
export async function ensureTokenAccount(
    owner: TransactionSigner,
    { mint, tokenProgram }: Pick<BankKeys, 'mint' | 'tokenProgram'>,
): Promise<Instruction> {
    const account: Address = await tokenAccountAddress(owner.address, mint, tokenProgram);
    return {
        programAddress: ASSOCIATED_TOKEN,
        accounts: [
            { address: owner.address, role: AccountRole.WRITABLE_SIGNER },
            { address: account, role: AccountRole.WRITABLE },
            { address: owner.address, role: AccountRole.READONLY },
            { address: mint, role: AccountRole.READONLY },
            { address: SYSTEM, role: AccountRole.READONLY },
            { address: tokenProgram, role: AccountRole.READONLY },
        ],
        data: new Uint8Array([CREATE_IDEMPOTENT]),
    };
}
