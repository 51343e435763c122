import type { Listing } from '@plimsoll/client';
import { useMemo } from 'react';
import type { Margin } from '../../lib/chain';
import { mantissaPrice } from '../../lib/format';
import { useExchange, useView } from '../../lib/session';

/** The price of an asset and its confidence, in 10⁻¹² dollars; zero before the first. */
export function usePrice(margin: Margin | null, { slot }: Listing): { spot: bigint; confidence: bigint } {
    const { state } = useExchange();
    const { view } = useView(margin);
    const asset = state.assets[slot]!;
    return useMemo(() => {
        const held = view?.prices.find((it) => it.slot === slot);
        if (held) return { spot: held.price, confidence: held.confidence };
        const { spot, confidence, priceShift, decimals } = asset;
        return { spot: mantissaPrice(spot, priceShift, decimals), confidence: mantissaPrice(confidence, priceShift, decimals) };
    }, [view, slot, asset]);
}
