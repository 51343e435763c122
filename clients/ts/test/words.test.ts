// Refusals in words, events from logs, addresses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, getBase64Decoder } from '@solana/kit';
import {
    EVENTS,
    eventsOf,
    findAccountPda,
    getDepositedEncoder,
    LEG,
    liquidate,
    marginAccountAddress,
    PLIMSOLL_PROGRAM_ADDRESS,
    REFUSALS,
    Refused,
    type Venue,
} from '../src/index.js';
import { generateKeyPairSigner } from '@solana/kit';

const BOOK = address('SysvarC1ock11111111111111111111111111111111');

test('a refusal of the program is told with what to do', () => {
    const refused = new Refused({ InstructionError: [2n, { Custom: 6500n }] }, [], (at) => at === 2);
    assert.equal(refused.refusal!.name, 'BelowInitial');
    assert.match(refused.message, /^BelowInitial \(6500\): .*\. Deposit collateral/);
    assert.equal(refused.instruction, 2);
});

test('the same number of another program is not taken for ours', () => {
    const refused = new Refused({ InstructionError: [0, { Custom: 6500 }] }, [], () => false);
    assert.equal(refused.refusal, undefined);
    assert.match(refused.message, /6500/);
});

test('an error without an instruction is told as it is', () => {
    assert.match(new Refused('BlockhashNotFound', [], () => true).message, /BlockhashNotFound/);
});

test('every refusal has a code of its own', () => {
    assert.equal(new Set(REFUSALS.map(({ code }) => code)).size, REFUSALS.length);
});

function told(): string {
    const deposited = { account: BOOK, slot: 1, amount: 5n, repaid: 2n };
    const { discriminator } = EVENTS.find(({ name }) => name === 'Deposited')!;
    const bytes = new Uint8Array([...discriminator, ...getDepositedEncoder().encode(deposited)]);
    return `Program data: ${getBase64Decoder().decode(bytes)}`;
}

test('an event is read from the logs', () => {
    const logs = [`Program ${PLIMSOLL_PROGRAM_ADDRESS} invoke [1]`, told(), `Program ${PLIMSOLL_PROGRAM_ADDRESS} success`];
    assert.deepEqual(eventsOf(logs), [
        { name: 'Deposited', data: { account: BOOK, slot: 1, amount: 5n, repaid: 2n } },
    ]);
});

test('an event that another program pretends is not believed', () => {
    const us = PLIMSOLL_PROGRAM_ADDRESS;
    const logs = [`Program ${BOOK} invoke [1]`, told(), `Program ${us} invoke [2]`, `Program ${us} success`, told()];
    assert.deepEqual(eventsOf(logs), []);
});

test('what a called program logs does not count, what follows its return does', () => {
    const us = PLIMSOLL_PROGRAM_ADDRESS;
    const logs = [`Program ${us} invoke [1]`, `Program ${BOOK} invoke [2]`, told(), `Program ${BOOK} failed: x`, told()];
    assert.equal(eventsOf(logs).length, 1);
});

test('an address is the one that the interface description derives', async () => {
    const [expected] = await findAccountPda({ book: BOOK, owner: BOOK, id: 3 });
    assert.equal(await marginAccountAddress(BOOK, BOOK, 3), expected);
});

test('markets of a liquidation stand in the order of its legs, banks behind them', async () => {
    const owner = await generateKeyPairSigner();
    const keys = await Promise.all([...Array(4)].map(async () => (await generateKeyPairSigner()).address));
    const [market1, market2, bank, quoteBank] = keys as [typeof BOOK, typeof BOOK, typeof BOOK, typeof BOOK];
    const keysOf = (of: typeof BOOK) => ({ bank: of, vault: of, mint: of, tokenProgram: of });
    const listings = [
        { slot: 0, bank: keysOf(quoteBank) },
        { slot: 1, market: market1, bank: keysOf(bank) },
        { slot: 2, market: market2 },
    ];
    const venue = { book: BOOK, quote: keysOf(quoteBank), listings } as unknown as Venue;
    const legs = [
        { slot: 2, kind: LEG.position, most: 1n },
        { slot: 1, kind: LEG.collateral, most: 1n },
        { slot: 1, kind: LEG.position, most: 1n },
    ];
    const { accounts } = await liquidate(venue, { owner, id: 0 }, BOOK, legs);
    assert.deepEqual(accounts!.slice(4).map((meta) => meta.address), [quoteBank, market2, market1, bank]);
});
