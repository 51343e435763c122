/** Following what is not one account: all accounts of a kind, and the program's events. */

import { getBase58Decoder, type Address, type Base58EncodedBytes } from '@solana/kit';
import { eventsOf, MARGIN_ACCOUNT_DISCRIMINATOR, PLIMSOLL_PROGRAM_ADDRESS, type Event } from '@plimsoll/client';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Bytes, Chain } from './chain';
import { bytesOf } from './feed';
import { useChain, useExchange, usePart, useSnapshot } from './session';

/** Milliseconds before a broken subscription is tried again, and between two looks at what it brought. */
const [PAUSE, GATHER] = [2_000, 250];
const commitment = 'confirmed';

/** What an account has to have, at a byte of its data. */
export type Filter = { offset: number; bytes: Iterable<number> | Address };

const memcmp = ({ offset, bytes }: Filter) => {
    const text = typeof bytes === 'string' ? bytes : getBase58Decoder().decode(Uint8Array.from(bytes));
    const as = text as string as Base58EncodedBytes;
    return { memcmp: { offset: BigInt(offset), bytes: as, encoding: 'base58' } } as const;
};

const rest = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs `follow` while there is a connection, and again after each break. It ends with the signal. */
export function useWhileLive(follow: ((stop: AbortSignal) => Promise<void>) | null) {
    const live = usePart(({ connection }) => connection.state === 'live');
    useEffect(() => {
        if (!live || !follow) return;
        const stop = new AbortController();
        const again = async () => {
            while (!stop.signal.aborted) {
                await follow(stop.signal).catch(() => {});
                await rest(PAUSE);
            }
        };
        void again();
        return () => stop.abort();
    }, [live, follow]);
}

/** Every account of the program that passes the filters, kept current: read once, then by subscription. */
export function useAccounts(filters: Filter[] | null): ReadonlyMap<Address, Bytes> | null {
    const chain = useChain();
    const [shown, show] = useState<ReadonlyMap<Address, Bytes> | null>(null);
    const key = filters && JSON.stringify(filters.map(memcmp), (_, it) => (typeof it === 'bigint' ? String(it) : it));
    const follow = useRef<{ key: string | null; run: ((stop: AbortSignal) => Promise<void>) | null }>({ key: null, run: null });
    if (follow.current.key !== key) {
        follow.current = { key, run: filters && ((stop) => followAccounts(chain, filters, stop, show)) };
    }
    useWhileLive(follow.current.run);
    useEffect(() => () => show(null), [key]);
    return shown;
}

/**
 * The same of accounts so few that each is watched as well. A program's subscription does not tell of an account
 * that is closed: it is the program's no more.
 */
export function useFewAccounts(filters: Filter[] | null): ReadonlyMap<Address, Bytes> | null {
    const { feed } = useChain();
    useSnapshot();
    const found = useAccounts(filters);
    useEffect(() => {
        if (found) void feed.watch([...found.keys()]);
    }, [feed, found]);
    const gone = [...(found?.keys() ?? [])].filter((address) => feed.get(address) === null).join();
    return useMemo(() => found && new Map([...found].filter(([address]) => !gone.includes(address))), [found, gone]);
}

async function followAccounts(chain: Chain, wanted: Filter[], stop: AbortSignal, show: (found: ReadonlyMap<Address, Bytes>) => void) {
    const filters = wanted.map(memcmp);
    const config = { encoding: 'base64', commitment, filters } as const;
    const found = new Map<Address, Bytes>();
    // Subscribed to first: what changes while the list is read is not missed.
    const program = PLIMSOLL_PROGRAM_ADDRESS;
    const changes = await chain.feed.subscriptions.programNotifications(program, config).subscribe({ abortSignal: stop });
    const put = (address: Address, data: readonly [string, string]) => {
        const bytes = bytesOf(data[0]);
        if (bytes.length > 0) found.set(address, bytes);
        else found.delete(address);
    };
    const listed = await chain.rpc.getProgramAccounts(program, config).send();
    for (const { pubkey, account } of listed) put(pubkey, account.data);
    let due = false;
    const gather = async () => {
        if (due) return;
        due = true;
        await rest(GATHER);
        due = false;
        if (!stop.aborted) show(new Map(found));
    };
    show(new Map(found));
    for await (const { value } of changes) {
        put(value.pubkey, value.account.data);
        void gather();
    }
}

/** Every margin account of the exchange. */
export function useMarginAccounts(): ReadonlyMap<Address, Bytes> | null {
    const { venue } = useExchange();
    const filters = useMemo(
        () => [
            { offset: 0, bytes: MARGIN_ACCOUNT_DISCRIMINATOR },
            { offset: 40, bytes: venue.book },
        ],
        [venue.book],
    );
    return useAccounts(filters);
}

/** An event of the program, and the transaction that told it. */
export type Told = { event: Event; signature: string; slot: bigint };

/** Hears every event of transactions that mention an address, as they are confirmed. */
export function useEvents(mentions: Address, hear: (told: Told[]) => void) {
    const chain = useChain();
    const listener = useRef(hear);
    listener.current = hear;
    const follow = useRef<{ of: Address; run: (stop: AbortSignal) => Promise<void> } | null>(null);
    if (follow.current?.of !== mentions) {
        const run = async (stop: AbortSignal) => {
            const request = chain.feed.subscriptions.logsNotifications({ mentions: [mentions] }, { commitment });
            for await (const { context, value } of await request.subscribe({ abortSignal: stop })) {
                if (value.err !== null || !value.logs) continue;
                const { signature } = value;
                const told = eventsOf(value.logs).map((event) => ({ event, signature, slot: context.slot }));
                if (told.length > 0) listener.current(told);
            }
        };
        follow.current = { of: mentions, run };
    }
    useWhileLive(follow.current.run);
}
