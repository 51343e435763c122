/** Who signs: a wallet of the browser (wallet standard), or on a local cluster a test key of the page itself. */

import {
    address,
    assertIsTransactionWithinSizeLimit,
    createKeyPairSignerFromPrivateKeyBytes,
    getBase16Decoder,
    getBase16Encoder,
    getTransactionDecoder,
    getTransactionEncoder,
    type Address,
    type TransactionModifyingSigner,
    type TransactionSigner,
} from '@solana/kit';
import { getWallets } from '@wallet-standard/app';
import type { Wallet, WalletAccount } from '@wallet-standard/base';

const CONNECT = 'standard:connect';
const DISCONNECT = 'standard:disconnect';
const EVENTS = 'standard:events';
const SIGN = 'solana:signTransaction';
const SEED = 'plimsoll.test-wallet';
const LAST = 'plimsoll.wallet';

/** The name that the test wallet goes by. */
export const TEST_WALLET = 'Test wallet';

/** Who is connected. */
export type Signer = { name: string; isTest: boolean; address: Address; signer: TransactionSigner };

type Connect = { connect(input?: { silent?: boolean }): Promise<{ accounts: readonly WalletAccount[] }> };
type Events = { on(event: 'change', listener: (changed: { accounts?: readonly WalletAccount[] }) => void): () => void };
type Sign = {
    signTransaction(input: {
        account: WalletAccount;
        transaction: Uint8Array;
        chain?: string;
    }): Promise<readonly { signedTransaction: Uint8Array }[]>;
};

const feature = <T>(wallet: Wallet, name: string) => wallet.features[name as keyof typeof wallet.features] as T | undefined;

/** Wallets of the browser that sign transactions of Solana. */
export function browserWallets(): Wallet[] {
    return getWallets()
        .get()
        .filter((wallet) => feature(wallet, CONNECT) && feature(wallet, SIGN));
}

/** Calls back when a wallet appears or goes. */
export function onWallets(changed: () => void): () => void {
    const ends = (['register', 'unregister'] as const).map((event) => getWallets().on(event, changed));
    return () => ends.forEach((end) => end());
}

/** Connects a wallet; `silent` asks nobody. Null if it gives no account. */
export async function connect(wallet: Wallet, chain: string, silent = false): Promise<Signer | null> {
    const { accounts } = await feature<Connect>(wallet, CONNECT)!.connect({ silent });
    const account = accounts.find(({ chains }) => chains.some((it) => it.startsWith('solana:')));
    if (!account) return null;
    localStorage.setItem(LAST, wallet.name);
    return { name: wallet.name, isTest: false, address: address(account.address), signer: signerOf(wallet, account, chain) };
}

/** Calls back when the wallet shows another account or none. */
export function onAccounts(wallet: Wallet, changed: () => void): () => void {
    return feature<Events>(wallet, EVENTS)?.on('change', ({ accounts }) => accounts && changed()) ?? (() => {});
}

/** Forgets who was connected. */
export async function disconnect(name: string): Promise<void> {
    localStorage.removeItem(LAST);
    const wallet = browserWallets().find((it) => it.name === name);
    await (wallet && feature<{ disconnect(): Promise<void> }>(wallet, DISCONNECT)?.disconnect());
}

/** Who was connected when the page was left. */
export const lastWallet = () => localStorage.getItem(LAST);

/** The key that this browser keeps for local clusters, made when it is first asked for. */
export async function testWallet(): Promise<Signer> {
    if (!globalThis.crypto?.subtle) {
        throw new Error('expected a page from localhost or https: elsewhere the browser makes no keys');
    }
    const kept = localStorage.getItem(SEED);
    const seed = kept
        ? Uint8Array.from(getBase16Encoder().encode(kept))
        : crypto.getRandomValues(new Uint8Array(32));
    const signer = await createKeyPairSignerFromPrivateKeyBytes(seed);
    if (!kept) localStorage.setItem(SEED, getBase16Decoder().decode(seed));
    localStorage.setItem(LAST, TEST_WALLET);
    return { name: TEST_WALLET, isTest: true, address: signer.address, signer };
}

/** A wallet as kit asks for signatures. It may change the transaction, for instance its priority fee. */
function signerOf(wallet: Wallet, account: WalletAccount, chain: string): TransactionModifyingSigner {
    const { signTransaction } = feature<Sign>(wallet, SIGN)!;
    return {
        address: address(account.address),
        async modifyAndSignTransactions(transactions) {
            return Promise.all(
                transactions.map(async (transaction) => {
                    const bytes = Uint8Array.from(getTransactionEncoder().encode(transaction));
                    const known = account.chains.includes(chain as `${string}:${string}`);
                    const asked = { account, transaction: bytes, ...(known && { chain }) };
                    const [answer] = await signTransaction(asked);
                    const signed = getTransactionDecoder().decode(answer!.signedTransaction);
                    assertIsTransactionWithinSizeLimit(signed);
                    if (!('lifetimeConstraint' in transaction)) throw new Error('expected a transaction with a blockhash');
                    // The blockhash stays the one that the message was made with.
                    return { ...signed, lifetimeConstraint: transaction.lifetimeConstraint };
                }),
            );
        },
    };
}
