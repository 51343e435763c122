// Deposits quote into the pool that is the counterparty of all markets, and waits for its shares.
import { AccountRole, address, type Instruction } from '@solana/kit';
import { poolRequestAddress, REQUEST, requestPool, send, TOKEN, tokenAccountAddress } from '../src/index.js';
import { ended, run } from './setup.js';

const AMOUNT = 1_000_000_000n;
const ASSOCIATED_TOKEN = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
const SYSTEM = address('11111111111111111111111111111111');

run(async (setup) => {
    const { rpc, venue, state, mine, sending } = setup;
    const { owner } = mine;
    const shares = await tokenAccountAddress(owner.address, venue.lpMint, TOKEN);
    const createShares: Instruction = {
        programAddress: ASSOCIATED_TOKEN,
        accounts: [
            { address: owner.address, role: AccountRole.WRITABLE_SIGNER },
            { address: shares, role: AccountRole.WRITABLE },
            { address: owner.address, role: AccountRole.READONLY },
            { address: venue.lpMint, role: AccountRole.READONLY },
            { address: SYSTEM, role: AccountRole.READONLY },
            { address: TOKEN, role: AccountRole.READONLY },
        ],
        data: new Uint8Array([1]), // Nothing happens where it exists.
    };
    const id = BigInt(Date.now());
    const terms = { id, kind: REQUEST.deposit, amount: AMOUNT, least: 1n, keeperFee: state.minKeeperFee };
    await send(sending, [createShares, await requestPool(venue, owner, terms)]);
    console.log('requested; it executes at a price that nobody knows yet');
    await ended(setup, await poolRequestAddress(venue.pool, owner.address, id), 3_600);
    const { value } = await rpc.getTokenAccountBalance(shares, { commitment: 'confirmed' }).send();
    console.log(`holding ${value.uiAmountString} shares`);
});
