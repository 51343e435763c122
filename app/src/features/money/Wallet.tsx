import { getBankDecoder } from '@plimsoll/client';
import type { Margin } from '../../lib/chain';
import { amount, NONE, percentFixed } from '../../lib/format';
import { useChain, useExchange, useView } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';

const COLUMNS = [
    { name: 'Token' },
    { name: 'Wallet', number: true },
    { name: 'Account', number: true },
    { name: 'Borrow rate', number: true },
    { name: 'Lendable', number: true },
];

/** What the wallet and the account hold of each token, and what borrowing costs. */
export function Wallet({ margin }: { margin: Margin }) {
    const { venue } = useExchange();
    const chain = useChain();
    const { view } = useView(margin);
    const rows = venue.listings
        .filter(({ bank }) => bank)
        .map((listing) => {
            const { asset, slot, bank } = listing;
            const bytes = chain.bytes(bank!.bank);
            const held = view?.balances.find((it) => it.slot === slot)?.atoms ?? 0n;
            return {
                key: slot,
                cells: [
                    <b key="token">{chain.symbol(listing)}</b>,
                    <span key="wallet" data-testid={`wallet-${chain.symbol(listing)}`}>
                        {amount(chain.walletAtoms(slot), asset.decimals, 4)}
                    </span>,
                    amount(held, asset.decimals, 4),
                    `${percentFixed(asset.borrowRate)}`,
                    bytes ? amount(getBankDecoder().decode(bytes).lentCash, asset.decimals, 2) : NONE,
                ],
            };
        });
    return (
        <Panel title="Your tokens">
            <Table label="Your tokens" columns={COLUMNS} rows={rows} empty="No token can be deposited here." />
        </Panel>
    );
}
