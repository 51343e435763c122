import { Button, Text } from '@mantine/core';
import { EXTENT, getCancelOrderInstruction, marketOf, NOBODY, ORDER } from '@plimsoll/client';
import { useAct } from '../../lib/act';
import type { Margin, OpenOrder } from '../../lib/chain';
import { amount, countdown, price, priceOf, span } from '../../lib/format';
import { useChain, useExchange, useMine, useSnapshot } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { ORDERS } from '../../ui/words';

const COLUMNS = [
    { name: 'Order' },
    { name: 'Size', number: true },
    { name: 'Trigger', number: true },
    { name: 'Limit', number: true },
    { name: 'Ends in', number: true },
    { name: 'Actions', hidden: true },
];

/** Orders of an account: a market order waits for its update, others rest. */
export function Orders({ margin }: { margin: Margin }) {
    const { orders, now } = useSnapshot();
    const { venue } = useExchange();
    const chain = useChain();
    const mine = useMine();
    const { act, busy } = useAct();
    const cancel = ({ address, order }: OpenOrder) =>
        act({
            title: `Cancel ${ORDERS[order.kind]!.toLowerCase()} order`,
            build: async () => {
                const market = marketOf(venue, order.slot);
                const partner = order.partner === NOBODY ? undefined : order.partner;
                const keys = { keeper: mine!.owner, account: order.account, market, order: address, payer: order.payer };
                return [getCancelOrderInstruction({ ...keys, partner })];
            },
        });
    const rows = orders
        .filter(({ order }) => order.account === margin.address)
        .map((open) => {
            const { order } = open;
            const { asset } = venue.listings[order.slot]!;
            const waits = order.kind === ORDER.market;
            const at = (quote: bigint) => price(priceOf(quote, order.size, asset.decimals));
            return {
                key: open.address,
                cells: [
                    <>
                        <Text fw={600} size="sm">
                            {chain.symbol({ slot: order.slot, asset })} {ORDERS[order.kind]}
                        </Text>
                        <div className="sub">
                            {order.size > 0n ? 'buys' : 'sells'}
                            {order.extent === EXTENT.close ? ' all that is held' : ''}
                        </div>
                    </>,
                    order.extent === EXTENT.close ? 'all' : amount(order.size < 0n ? -order.size : order.size, asset.decimals),
                    order.triggerQuote > 0n ? at(order.triggerQuote) : '–',
                    at(order.limitQuote),
                    waits ? countdown(order.expiresAt - now) : span(order.expiresAt - now),
                    !waits ? (
                        <Button
                            key="cancel"
                            size="compact-sm"
                            variant="default"
                            disabled={busy || !mine}
                            onClick={() => void cancel(open)}
                        >
                            Cancel
                        </Button>
                    ) : null,
                ],
            };
        });
    return (
        <Panel title="Open orders">
            <Table label="Open orders" columns={COLUMNS} rows={rows} empty="No order is open." />
        </Panel>
    );
}
