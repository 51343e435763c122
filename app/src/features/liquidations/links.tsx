import { Anchor, Badge, Group } from '@mantine/core';
import type { Address } from '@solana/kit';
import { explorerLink } from '../../lib/config';
import { short } from '../../lib/format';
import { useConfig, usePart } from '../../lib/session';

/** A margin account, and whether it is the visitor's. */
export function Account({ of }: { of: Address }) {
    const config = useConfig();
    const margins = usePart((snapshot) => snapshot.margins);
    const own = margins?.some(({ address }) => address === of);
    return (
        <Group gap={6} wrap="nowrap">
            <Anchor href={explorerLink(config, 'address', of)} target="_blank" rel="noreferrer" size="sm" ff="monospace" style={{ whiteSpace: 'nowrap' }} data-testid={`account-${of}`}>
                {short(of)}
            </Anchor>
            {own && (
                <Badge size="sm" color="tide" variant="light">
                    yours
                </Badge>
            )}
        </Group>
    );
}

/** A transaction. */
export function Transaction({ signature }: { signature: string }) {
    const config = useConfig();
    return (
        <Anchor href={explorerLink(config, 'tx', signature)} target="_blank" rel="noreferrer" size="sm" ff="monospace" style={{ whiteSpace: 'nowrap' }} aria-label={`Transaction ${short(signature)}`}>
            {short(signature)}
        </Anchor>
    );
}
