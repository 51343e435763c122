/** The instructions that place an order. */

import type { Instruction } from '@solana/kit';
import {
    MODEL,
    openAccount,
    placeOrder,
    setModel,
    type Mine,
    type OrderTerms,
    type RiskBook,
    type Venue,
} from '@plimsoll/client';
import type { Margin } from '../../lib/chain';
import { transfer } from '../money/payments';

/** A margin account that is opened for the order, with so much quote. */
export type Fresh = { id: number; collateral: bigint };

/** The lowest id that no margin account of the owner has. */
export function nextId(margins: Margin[]): number {
    const taken = new Set(margins.map(({ id }) => id));
    let id = 0;
    while (taken.has(id)) id += 1;
    return id;
}

/** Places an order, in a new isolated account if one is wanted: all in one transaction. */
export async function placed(
    venue: Venue,
    { minKeeperFee }: RiskBook,
    mine: Mine,
    slot: number,
    order: Omit<OrderTerms, 'id' | 'keeperFee'>,
    fresh: Fresh | null,
): Promise<Instruction[]> {
    const terms = { ...order, id: BigInt(Date.now()), keeperFee: minKeeperFee };
    if (!fresh) return [await placeOrder(venue, mine, slot, terms)];
    const own = { ...mine, id: fresh.id };
    return [
        await openAccount(venue, own),
        await setModel(venue, own, MODEL.isolated),
        await transfer(venue, mine, fresh.id, fresh.collateral),
        await placeOrder(venue, own, slot, terms),
    ];
}
