/** What every screen shares: configuration, chain, who signs, which margin account is shown. */

import { useLocalStorage } from '@mantine/hooks';
import type { AccountView, Mine, RiskBook, Subject, Venue } from '@plimsoll/client';
import {
    createContext,
    useCallback,
    useContext,
    useEffect,
    useMemo,
    useState,
    useSyncExternalStore,
    type ReactNode,
} from 'react';
import { Chain, type Bytes, type Margin, type Snapshot } from './chain';
import { isLocal, type Config } from './config';
import { useEngine } from './engine';
import * as wallets from './wallet';
import { TEST_WALLET, type Signer } from './wallet';

/** Who signs, and how that changes. */
export type WalletState = {
    signer: Signer | null;
    /** Names of wallets that can be connected. */
    names: string[];
    connect(name: string): Promise<void>;
    disconnect(): Promise<void>;
};

/** The exchange as it is now. */
export type Exchange = { venue: Venue; book: Bytes; readonly state: RiskBook; now: bigint };

/** The account that is shown. */
export type Selected = { margin: Margin | null; select(id: number): void };

const ConfigContext = createContext<Config | null>(null);
const ChainContext = createContext<Chain | null>(null);
const WalletContext = createContext<WalletState | null>(null);
const SelectedContext = createContext<Selected | null>(null);

function use<T>(context: React.Context<T | null>): T {
    const value = useContext(context);
    if (value === null) throw new Error('a part of the session is used outside of it');
    return value;
}

/** The configuration. */
export const useConfig = () => use(ConfigContext);
/** The store itself: bytes by address, wallet balances. */
export const useChain = () => use(ChainContext);
/** Who signs. */
export const useWallet = () => use(WalletContext);
/** The margin account that is shown. */
export const useSelected = () => use(SelectedContext);

/** The chain as it is now; renders again with every change, and each second. */
export function useSnapshot(): Snapshot {
    const chain = useChain();
    return useSyncExternalStore(chain.subscribe, chain.get);
}

/** A part of the chain as it is now; renders again only when that part is another. */
export function usePart<T>(of: (snapshot: Snapshot) => T): T {
    const chain = useChain();
    return useSyncExternalStore(chain.subscribe, () => of(chain.get()));
}

/** The exchange, once it is there: screens are shown only then. */
export function useExchange(): Exchange {
    const snapshot = useSnapshot();
    if (!snapshot.venue || !snapshot.book) throw new Error('the exchange is used before it was read');
    return snapshot as Exchange;
}

/** What the engine is asked about: a margin account against the book now. */
export function useSubject(margin: Margin | null): Subject | null {
    const { book, now } = useSnapshot();
    const account = margin?.bytes;
    return useMemo(() => (book && account ? { book, account, now } : null), [book, account, now]);
}

/** An account as the engine sees it; what it refuses to compute, as a sentence. */
export function useView(margin: Margin | null): { view: AccountView | null; error: string | null } {
    const engine = useEngine();
    const subject = useSubject(margin);
    return useMemo(() => {
        try {
            return { view: subject && engine.view(subject), error: null };
        } catch (error) {
            return { view: null, error: (error as Error).message };
        }
    }, [engine, subject]);
}

/** The signer's own account, as instructions want it. */
export function useMine(): Mine | null {
    const { signer } = useWallet();
    const { margin } = useSelected();
    return useMemo(() => (signer && margin ? { owner: signer.signer, id: margin.id } : null), [signer, margin?.id]);
}

/** Everything shared, around the screens. */
export function Session({ config, children }: { config: Config; children: ReactNode }) {
    const chain = useMemo(() => new Chain(config), [config]);
    useEffect(() => chain.start(), [chain]);
    const wallet = useWalletState(config, chain);
    return (
        <ConfigContext.Provider value={config}>
            <ChainContext.Provider value={chain}>
                <WalletContext.Provider value={wallet}>
                    <WithSelected>{children}</WithSelected>
                </WalletContext.Provider>
            </ChainContext.Provider>
        </ConfigContext.Provider>
    );
}

function useWalletState(config: Config, chain: Chain): WalletState {
    const [signer, setSigner] = useState<Signer | null>(null);
    const [found, setFound] = useState(wallets.browserWallets);
    const cluster = `solana:${config.cluster}`;
    const connect = useCallback(
        async (name: string, silent = false) => {
            if (name === TEST_WALLET && isLocal(config)) return setSigner(await wallets.testWallet());
            const wallet = wallets.browserWallets().find((it) => it.name === name);
            if (!wallet) throw new Error(`expected the wallet ${name}, the browser has none of that name`);
            setSigner(await wallets.connect(wallet, cluster, silent));
        },
        [cluster, config],
    );
    useEffect(() => wallets.onWallets(() => setFound(wallets.browserWallets())), []);
    // Whoever was connected is so again, without being asked.
    useEffect(() => {
        const last = wallets.lastWallet();
        const known = last === TEST_WALLET || found.some(({ name }) => name === last);
        if (last && known && !signer) void connect(last, true).catch(() => {});
    }, [found, connect]);
    useEffect(() => {
        const wallet = found.find(({ name }) => name === signer?.name);
        return wallet && wallets.onAccounts(wallet, () => void connect(wallet.name, true).catch(() => setSigner(null)));
    }, [found, signer?.name, connect]);
    useEffect(() => void chain.setOwner(signer?.address ?? null), [chain, signer?.address]);
    return useMemo(() => {
        const names = [...found.map(({ name }) => name), ...(isLocal(config) ? [TEST_WALLET] : [])];
        const disconnect = async () => {
            if (signer) await wallets.disconnect(signer.name);
            setSigner(null);
        };
        return { signer, names, connect, disconnect };
    }, [found, config, signer, connect]);
}

function WithSelected({ children }: { children: ReactNode }) {
    const margins = usePart((snapshot) => snapshot.margins);
    const [id, setId] = useLocalStorage<number>({ key: 'plimsoll.account', defaultValue: 0, getInitialValueInEffect: false });
    const margin = margins?.find((it) => it.id === id) ?? margins?.[0] ?? null;
    const value = useMemo(() => ({ margin, select: setId }), [margin, setId]);
    return <SelectedContext.Provider value={value}>{children}</SelectedContext.Provider>;
}
