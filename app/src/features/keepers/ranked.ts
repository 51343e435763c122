/** All margin accounts by how near they are to their line. */

import type { Standing } from '@plimsoll/client';
import type { Address } from '@solana/kit';
import { useMemo, useRef } from 'react';
import { useEngine } from '../../lib/engine';
import { useMarginAccounts } from '../../lib/live';
import { useExchange } from '../../lib/session';

/** The engine is asked again after at least so many times the time that it took. */
const IDLE = 10;

/** An account and where it stands. */
export type Ranked = { address: Address; standing: Standing };

type Judged = { ranked: Ranked[]; took: number; at: number };

/** Accounts that have something at risk, the nearest first; how many there are; milliseconds of the judgement. */
export function useRanked(): { ranked: Ranked[]; total: number | null; took: number | null } {
    const engine = useEngine();
    const { book, now } = useExchange();
    const accounts = useMarginAccounts();
    const last = useRef<Judged | null>(null);
    const judged = useMemo(() => {
        const begun = performance.now();
        // With so many accounts that it would be noticed, the page comes first.
        if (last.current && begun - last.current.at < last.current.took * IDLE) return last.current;
        const addresses = [...(accounts?.keys() ?? [])];
        const standings = engine.standings({ book, now }, [...(accounts?.values() ?? [])]);
        const ranked = addresses.flatMap((address, at): Ranked[] => {
            const standing = standings[at];
            return standing && standing.requirement > 0n ? [{ address, standing }] : [];
        });
        ranked.sort((a, b) => (a.standing.marginRatio ?? Infinity) - (b.standing.marginRatio ?? Infinity));
        const end = performance.now();
        return (last.current = { ranked, took: end - begun, at: end });
    }, [engine, book, now, accounts]);
    return { ranked: judged.ranked, total: accounts?.size ?? null, took: accounts ? judged.took : null };
}
