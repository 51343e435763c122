import { Button, Group } from '@mantine/core';
import type { Listing } from '@plimsoll/client';
import { useMemo } from 'react';
import type { Margin } from '../../lib/chain';
import { useEngine } from '../../lib/engine';
import { useChain, useSubject } from '../../lib/session';
import type { previewed } from './terms';

/** Leverages that are offered. */
const LEVERAGES = [1, 2, 3, 5, 10];
const MILLION = 1_000_000n;

type Props = { margin: Margin; listing: Listing; order: ReturnType<typeof previewed>; choose(atoms: bigint): void };

/** Sizes by what they make of the account's leverage, and the largest that is not refused. */
export function Sizes({ margin, listing, order, choose }: Props) {
    const engine = useEngine();
    const chain = useChain();
    const subject = useSubject(margin);
    const market = chain.bytes(listing.market);
    const ask = (size: (action: { kind: 'trade'; market: Uint8Array; order: typeof order }) => bigint) => {
        if (!subject || !market) return;
        choose(size({ kind: 'trade', market, order }));
    };
    const buttons = useMemo(() => LEVERAGES.map((times) => ({ name: `${times}×`, parts: BigInt(times) * MILLION })), []);
    return (
        <Group gap={4} mt={6} grow role="group" aria-label="Size by leverage">
            {buttons.map(({ name, parts }) => (
                <Button
                    key={name}
                    size="compact-sm"
                    variant="default"
                    px={0}
                    onClick={() => ask((action) => engine.sizeForLeverage(subject!, action, parts))}
                >
                    {name}
                </Button>
            ))}
            <Button size="compact-sm" variant="default" px={0} onClick={() => ask((action) => engine.most(subject!, action))}>
                Max
            </Button>
        </Group>
    );
}
