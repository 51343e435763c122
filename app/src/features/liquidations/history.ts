/** Liquidations told in transactions: those of the past, and each as it is confirmed. */

import { eventsOf, getMarginAccountDecoder, type Event } from '@plimsoll/client';
import { signature as signatureOf, type Address } from '@solana/kit';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Bytes, Chain } from '../../lib/chain';
import { useEvents, useMarginAccounts, type Told } from '../../lib/live';
import { useChain, useExchange } from '../../lib/session';

/** How far the past is looked at: accounts, transactions of each, and rows that are kept. */
const [ACCOUNTS, SIGNATURES, ROWS] = [12, 12, 60];
const commitment = 'confirmed';

type Of<Name extends Event['name']> = Extract<Event, { name: Name }>['data'];

/** A liquidation and where it was told. */
export type Liquidation = { key: string; signature: string; slot: bigint; time: bigint | null; data: Of<'Liquidated'> };

/** A margin call, the beginning of an episode, or the end of either. */
export type Call = { key: string; signature: string; time: bigint; name: 'MarginCalled' | 'LiquidationOpened' | 'CallCleared'; account: Address; amount: bigint | null };

/** Liquidations from new to old, and calls heard since the screen was opened. `looking`: the past is still read. */
export function useLiquidations(): { liquidations: Liquidation[]; calls: Call[]; looking: boolean } {
    const chain = useChain();
    const { venue, now } = useExchange();
    const accounts = useMarginAccounts();
    const [found, setFound] = useState<ReadonlyMap<string, Liquidation>>(new Map());
    const [calls, setCalls] = useState<Call[]>([]);
    const [looking, setLooking] = useState(true);
    const add = (fresh: Liquidation[]) =>
        setFound((known) => new Map([...known, ...fresh.map((it) => [it.key, it] as const)]));
    useEvents(venue.book, (told) => {
        add(liquidations(told, now));
        const heard = told.flatMap((it) => callOf(it, now));
        if (heard.length > 0) setCalls((known) => [...heard, ...known].slice(0, ROWS));
    });
    const asked = useRef(false);
    useEffect(() => {
        if (!accounts || asked.current) return;
        asked.current = true;
        void past(chain, accounts, add)
            .catch(() => {})
            .finally(() => setLooking(false));
    }, [chain, accounts]);
    const rows = useMemo(() => {
        const all = [...found.values()].sort((a, b) => Number(b.slot - a.slot));
        return all.slice(0, ROWS);
    }, [found]);
    return { liquidations: rows, calls, looking };
}

function liquidations(told: Told[], time: bigint | null): Liquidation[] {
    return told.flatMap(({ event, signature, slot }, at) =>
        event.name === 'Liquidated' ? [{ key: `${signature} ${at}`, signature, slot, time, data: event.data }] : [],
    );
}

function callOf({ event, signature }: Told, now: bigint): Call[] {
    if (event.name !== 'MarginCalled' && event.name !== 'LiquidationOpened' && event.name !== 'CallCleared') return [];
    const { name, data } = event;
    const amount = name === 'MarginCalled' ? data.amount : name === 'LiquidationOpened' ? data.shortage : null;
    return [{ key: `${signature} ${name} ${data.account}`, signature, time: now, name, account: data.account, amount }];
}

/** Reads the last transactions of those accounts that carry strikes, the latest first: every liquidation leaves one. */
async function past(chain: Chain, accounts: ReadonlyMap<Address, Bytes>, add: (found: Liquidation[]) => void) {
    const struck = [...accounts]
        .map(([address, bytes]) => ({ address, state: getMarginAccountDecoder().decode(bytes) }))
        .filter(({ state }) => state.strikes > 0)
        .sort((a, b) => Number(b.state.profileTime - a.state.profileTime))
        .slice(0, ACCOUNTS);
    const lists = await Promise.all(
        struck.map(({ address }) => chain.rpc.getSignaturesForAddress(address, { limit: SIGNATURES, commitment }).send()),
    );
    const times = new Map(lists.flat().flatMap(({ signature, err, blockTime }) => (err ? [] : [[signature, blockTime] as const])));
    for (const [signature, blockTime] of times) {
        const config = { commitment, encoding: 'json', maxSupportedTransactionVersion: 0 } as const;
        const found = await chain.rpc.getTransaction(signatureOf(signature), config).send();
        if (!found?.meta?.logMessages) continue;
        const told = eventsOf(found.meta.logMessages).map((event) => ({ event, signature, slot: found.slot }));
        add(liquidations(told, blockTime ?? found.blockTime));
    }
}
