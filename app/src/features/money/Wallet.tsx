import type { BankView, Listing } from '@plimsoll/client';
import type { Margin } from '../../lib/chain';
import { useEngine } from '../../lib/engine';
import { amount, NONE, percentOf } from '../../lib/format';
import { useChain, useExchange, useView } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';

const COLUMNS = [
    { name: 'Token' },
    { name: 'Wallet', number: true },
    { name: 'Account', number: true },
    { name: 'Borrow at', number: true },
    { name: 'To borrow', number: true },
];

/** What the wallet and the account hold of each token, and what borrowing costs a year. */
export function Wallet({ margin }: { margin: Margin }) {
    const { venue } = useExchange();
    const chain = useChain();
    const { view } = useView(margin);
    const bankOf = useBank();
    const rows = venue.listings
        .filter(({ bank }) => bank)
        .map((listing) => {
            const { asset, slot } = listing;
            const symbol = chain.symbol(listing);
            const bank = bankOf(listing);
            const held = view?.balances.find((it) => it.slot === slot)?.atoms ?? 0n;
            return {
                key: slot,
                cells: [
                    <b key="token">{symbol}</b>,
                    <span key="wallet" data-testid={`wallet-${symbol}`}>
                        {amount(chain.walletAtoms(slot), asset.decimals, 4)}
                    </span>,
                    amount(held, asset.decimals, 4),
                    bank ? percentOf(bank.borrowRate) : NONE,
                    bank ? amount(bank.borrowRoom, asset.decimals, 2) : NONE,
                ],
            };
        });
    return (
        <Panel title="Your tokens">
            <Table label="Your tokens" columns={COLUMNS} rows={rows} empty="No token can be deposited here." />
        </Panel>
    );
}

function useBank(): (listing: Listing) => BankView | null {
    const engine = useEngine();
    const chain = useChain();
    const { book, now } = useExchange();
    return ({ bank }) => {
        const bytes = chain.bytes(bank?.bank);
        try {
            return bytes && engine.bank({ book, now }, bytes);
        } catch {
            return null;
        }
    };
}
