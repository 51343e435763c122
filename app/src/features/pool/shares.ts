/** Shares of the pool in the visitor's wallet. */

import { TOKEN, tokenAccountAddress } from '@plimsoll/client';
import type { Address } from '@solana/kit';
import { useEffect, useState } from 'react';
import { useChain, useExchange, useWallet } from '../../lib/session';

/** Decimals of shares: the quote token's. */
export const LP_DECIMALS = 6;
/** Where the amount stands in a token account. */
const AMOUNT_AT = 64;

/** Atoms of shares that the visitor holds; null while they are not known. */
export function useShares(): bigint | null {
    const chain = useChain();
    const { venue } = useExchange();
    const { signer } = useWallet();
    const [account, setAccount] = useState<Address | null>(null);
    useEffect(() => {
        setAccount(null);
        if (!signer) return;
        let current = true;
        void tokenAccountAddress(signer.address, venue.lpMint, TOKEN).then(async (found) => {
            await chain.feed.watch([found]);
            if (current) setAccount(found);
        });
        return () => void (current = false);
    }, [chain, signer?.address, venue.lpMint]);
    const found = account === null ? undefined : chain.feed.get(account);
    if (found === undefined) return null;
    return found === null ? 0n : new DataView(found.bytes.buffer).getBigUint64(AMOUNT_AT, true);
}
