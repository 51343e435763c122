/** Tells what became of the visitor's orders: a keeper ends them in a transaction of his own. */

import { notifications } from '@mantine/notifications';
import type { Address } from '@solana/kit';
import { eventsOf, refusalOf, type Event } from '@plimsoll/client';
import { useEffect, useRef } from 'react';
import type { Chain, OpenOrder } from './chain';
import { amount, price, priceOf, usd } from './format';
import { useChain, usePart } from './session';

/** Milliseconds until the transaction can be asked for, and how often it is. */
const [PAUSE, TRIES] = [1_000, 8];
const ORDER_ENDS = ['OrderExecuted', 'OrderRefused', 'OrderLapsed', 'OrderCancelled'] as const;

/** Watches the orders that are shown, and tells the end of each. */
export function useOutcomes() {
    const chain = useChain();
    const orders = usePart((snapshot) => snapshot.orders);
    const owner = usePart((snapshot) => snapshot.owner);
    const known = useRef<{ owner: Address | null; orders: OpenOrder[] }>({ owner, orders });
    useEffect(() => {
        const before = known.current;
        known.current = { owner, orders };
        if (before.owner !== owner) return;
        const present = new Set(orders.map(({ address }) => address));
        for (const gone of before.orders) if (!present.has(gone.address)) void tell(chain, gone);
    }, [chain, owner, orders]);
}

async function tell(chain: Chain, { address, order }: OpenOrder) {
    const { venue } = chain.get();
    const asset = venue?.listings[order.slot]?.asset;
    if (!asset) return;
    const symbol = chain.symbol({ slot: order.slot, asset });
    const size = (atoms: bigint) => `${amount(atoms < 0n ? -atoms : atoms, asset.decimals)} ${symbol}`;
    const end = await ending(chain, address, ORDER_ENDS);
    if (end?.name === 'OrderExecuted') {
        const { size: done, notional, fee } = end.data;
        const at = price(priceOf(notional, done, asset.decimals));
        const title = `${done > 0n ? 'Bought' : 'Sold'} ${size(done)}`;
        notifications.show({ title, message: `At ${at}; fee ${usd(fee)}.`, color: 'tide', autoClose: 15_000 });
    } else if (end?.name === 'OrderRefused') {
        const refusal = refusalOf(end.data.code);
        const message = refusal ? `${refusal.message}. ${refusal.hint ?? ''}` : `Refused with code ${end.data.code}.`;
        notifications.show({ title: `The order of ${size(order.size)} was refused`, message, color: 'danger', autoClose: false });
    } else if (end?.name === 'OrderLapsed') {
        const message = `No keeper executed it in time; the penalty is ${usd(end.data.penalty)}.`;
        notifications.show({ title: `The order of ${size(order.size)} lapsed`, message, color: 'amber', autoClose: false });
    }
}

/** The event, one of those named, that ended an account; none if its transaction is not found. */
export async function ending({ rpc }: Chain, gone: Address, names: readonly Event['name'][]) {
    const commitment = 'confirmed';
    for (let tried = 0; tried < TRIES; tried += 1) {
        try {
            const [last] = await rpc.getSignaturesForAddress(gone, { limit: 1, commitment }).send();
            const config = { commitment, encoding: 'json', maxSupportedTransactionVersion: 0 } as const;
            const found = last && (await rpc.getTransaction(last.signature, config).send());
            const events = eventsOf(found?.meta?.logMessages ?? []);
            const end = events.find(({ name }) => names.includes(name));
            if (end) return end;
        } catch {
            // It is asked for again.
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    return undefined;
}
