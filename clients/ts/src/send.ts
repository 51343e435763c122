/**
 * Sends instructions: compute limit from a simulation, priority fee from what others pay lately. Without lookup
 * tables: Plimsoll's own instructions fit.
 */

import {
    appendTransactionMessageInstructions,
    compileTransaction,
    createTransactionMessage,
    getBase64EncodedWireTransaction,
    getSignatureFromTransaction,
    isWritableRole,
    pipe,
    setTransactionMessageComputeUnitLimit,
    setTransactionMessageComputeUnitPrice,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLifetimeUsingBlockhash,
    signTransactionMessageWithSigners,
    type Address,
    type Instruction,
    type Rpc,
    type RpcSubscriptions,
    type Signature,
    type SignatureNotificationsApi,
    type SolanaRpcApi,
    type TransactionSigner,
} from '@solana/kit';
import { PLIMSOLL_PROGRAM_ADDRESS } from './generated/index.js';
import { Refused } from './refusal.js';

/** Most that a transaction may ask for. */
const MOST_UNITS = 1_400_000;
/** Milliseconds between looks at what became of a transaction: without a subscription, and with one. */
const [PAUSE, LONG_PAUSE] = [400, 2_000];

/** What is being done with a transaction. */
export type SendingStep = 'simulate' | 'sign' | 'confirm';

/** How to send. */
export type Sending = {
    rpc: Rpc<SolanaRpcApi>;
    payer: TransactionSigner;
    /** Most micro-lamports for a compute unit; 50,000 unless told. */
    mostPrice?: bigint;
    /** Where it is told at once that a transaction is confirmed; its status is read now and then all the same. */
    subscriptions?: RpcSubscriptions<SignatureNotificationsApi>;
    /** Told of each step when it begins, of the last with the signature. */
    onStep?: (step: SendingStep, signature?: Signature) => void;
};

/** What a transaction did. */
export type Sent = { signature: Signature; units: number; price: bigint };

/**
 * Simulates, signs, sends, and waits until the transaction is confirmed.
 *
 * @throws {Refused} where the simulation or the transaction fails, with the program's refusal in words.
 * @throws {Error} when its blockhash has expired before it was seen.
 */
export async function send(sending: Sending, instructions: readonly Instruction[]): Promise<Sent> {
    const { rpc, payer, onStep } = sending;
    onStep?.('simulate');
    const { value: lifetime } = await rpc.getLatestBlockhash().send();
    const message = (units: number, price: bigint) =>
        pipe(
            createTransactionMessage({ version: 0 }),
            (it) => setTransactionMessageFeePayerSigner(payer, it),
            (it) => setTransactionMessageLifetimeUsingBlockhash(lifetime, it),
            (it) => appendTransactionMessageInstructions(instructions, it),
            (it) => setTransactionMessageComputeUnitLimit(units, it),
            (it) => setTransactionMessageComputeUnitPrice(price, it),
        );
    const isOurs = (at: number) => instructions[at]?.programAddress === PLIMSOLL_PROGRAM_ADDRESS;
    const trial = getBase64EncodedWireTransaction(compileTransaction(message(MOST_UNITS, 0n)));
    const config = { encoding: 'base64', sigVerify: false, replaceRecentBlockhash: true } as const;
    const [{ value: simulated }, price] = await Promise.all([
        rpc.simulateTransaction(trial, config).send(),
        recentPrice(sending, writable(payer.address, instructions)),
    ]);
    if (simulated.err) throw new Refused(simulated.err, simulated.logs ?? [], isOurs);
    // A tenth more: prices and indices move until it lands.
    const used = Number(simulated.unitsConsumed ?? MOST_UNITS);
    const units = Math.min(MOST_UNITS, Math.ceil((used * 11) / 10) + 1_000);
    onStep?.('sign');
    const signed = await signTransactionMessageWithSigners(message(units, price));
    const signature = getSignatureFromTransaction(signed);
    const wire = getBase64EncodedWireTransaction(signed);
    onStep?.('confirm', signature);
    using watch = watched(sending, signature);
    for (let again = false; ; again = true) {
        const sent = rpc.sendTransaction(wire, { encoding: 'base64', skipPreflight: true }).send();
        // A node may refuse what it has already: the status says what became of it.
        await (again ? sent.catch(() => undefined) : sent);
        await watch.news();
        const { value: statuses } = await rpc.getSignatureStatuses([signature]).send();
        const status = statuses[0];
        if (status?.err) throw new Refused(status.err, [], isOurs);
        if (status && status.confirmationStatus !== 'processed') return { signature, units, price };
        const height = await rpc.getBlockHeight().send();
        if (height > lifetime.lastValidBlockHeight) throw new Error(`${signature} was not seen before its blockhash expired`);
    }
}

/** Waits for news of a transaction, or for a while. */
function watched({ subscriptions }: Sending, signature: Signature): Disposable & { news(): Promise<unknown> } {
    const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    if (!subscriptions) return { news: () => pause(PAUSE), [Symbol.dispose]: () => {} };
    const stop = new AbortController();
    let told = false;
    const first = async () => {
        const config = { commitment: 'confirmed' } as const;
        const request = subscriptions.signatureNotifications(signature, config);
        for await (const _ of await request.subscribe({ abortSignal: stop.signal })) break;
        told = true;
    };
    // A connection that is lost costs nothing but the time to the next look.
    const notified = first().catch(() => pause(LONG_PAUSE));
    return {
        news: () => (told ? pause(PAUSE) : Promise.race([notified, pause(LONG_PAUSE)])),
        [Symbol.dispose]: () => stop.abort(),
    };
}

function writable(payer: Address, instructions: readonly Instruction[]): Address[] {
    const metas = instructions.flatMap(({ accounts }) => accounts ?? []);
    const written = metas.filter(({ role }) => isWritableRole(role)).map(({ address }) => address);
    return [...new Set([payer, ...written])];
}

/** The upper quartile of what was lately paid to write these accounts, capped; micro-lamports a unit. */
async function recentPrice({ rpc, mostPrice = 50_000n }: Sending, accounts: Address[]): Promise<bigint> {
    const recent = await rpc.getRecentPrioritizationFees(accounts.slice(0, 128)).send();
    const paid = recent.map(({ prioritizationFee }) => BigInt(prioritizationFee));
    paid.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const quartile = paid[Math.floor((paid.length * 3) / 4)] ?? 0n;
    return quartile < mostPrice ? quartile : mostPrice;
}
