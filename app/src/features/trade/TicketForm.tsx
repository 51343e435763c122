import { Box, Button, Checkbox, Group, SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { MODEL, ORDER, type Listing } from '@plimsoll/client';
import { useEffect, useMemo, useState, type FormEvent } from 'react';
import type { Margin } from '../../lib/chain';
import { useAct } from '../../lib/act';
import { amount, parseAmount, percent, plain, price as priceText, usd } from '../../lib/format';
import { useChain, useExchange, useMine, useSelected, useSnapshot } from '../../lib/session';
import { AmountField } from '../../ui/AmountField';
import { Panel } from '../../ui/Panel';
import { ORDERS } from '../../ui/words';
import { placed, nextId } from './placing';
import { Sizes } from './Sizes';
import { missing, previewed, rests, sizeOfTicket, terms, triggers, type Market, type Ticket } from './terms';
import { TicketPreview, useTicketPreview } from './TicketPreview';
import { usePrice } from './usePrice';

const PRICE_DECIMALS = 12;
const QUOTE_DECIMALS = 6;
/** Offered tolerances, parts of a million. */
const TOLERANCES = [2_500, 5_000, 10_000, 20_000, 50_000];

type Props = { margin: Margin; listing: Listing; symbol: string; ticket: Ticket; setTicket(ticket: Ticket): void };

/** The ticket: what to buy or sell, at which price, and what that would do. */
export function TicketForm({ margin, listing, symbol, ticket, setTicket }: Props) {
    const { venue, state } = useExchange();
    const { margins } = useSnapshot();
    const chain = useChain();
    const mine = useMine();
    const { select } = useSelected();
    const { act, busy } = useAct();
    const { spot } = usePrice(margin, listing);
    const decimals = listing.asset.decimals;
    const held = margin.state.positions.find((it) => it.slot === listing.slot)?.base ?? 0n;
    const market: Market = useMemo(() => ({ decimals, spot, held }), [decimals, spot, held]);
    const set = (part: Partial<Ticket>) => setTicket({ ...ticket, ...part });
    const answer = useTicketPreview(margin, listing, ticket, market);
    const [tried, setTried] = useState(false);
    const lacks = missing(ticket, market);
    const size = sizeOfTicket(ticket, market);
    const refused = !rests(ticket.kind) && !lacks && !answer.preview?.after;
    const submit = async (event: FormEvent) => {
        event.preventDefault();
        setTried(true);
        if (lacks || refused || !mine) return;
        const order = terms(ticket, market, answer.preview?.trade?.notional ?? 0n);
        const id = nextId(margins ?? []);
        const build = () =>
            placed(venue, state, mine, listing.slot, order, ticket.isolated ? { id, collateral: collateral(ticket) } : null);
        const title = `${ORDERS[ticket.kind]} ${size > 0n ? 'buy' : 'sell'} ${amount(size < 0n ? -size : size, decimals)} ${symbol}`;
        if (!(await act({ title, build }))) return;
        setTicket({ ...ticket, size: '', closes: false, price: '', isolated: false, collateral: '' });
        setTried(false);
        if (ticket.isolated) {
            await chain.reload();
            select(id);
        }
    };
    useEffect(() => setTried(false), [ticket.kind]);
    return (
        <Panel
            title="Order"
            aside={
                <Text className="num" c="dimmed" size="sm">
                    {symbol} {priceText(spot)}
                </Text>
            }
        >
            <form onSubmit={(event) => void submit(event)}>
                <Stack gap="sm">
                    <SegmentedControl
                        aria-label="Side"
                        fullWidth
                        value={ticket.side}
                        color={ticket.side === 'long' ? 'gain.7' : 'danger.7'}
                        onChange={(side) => set({ side: side as Ticket['side'] })}
                        data={[
                            { value: 'long', label: 'Buy / long' },
                            { value: 'short', label: 'Sell / short' },
                        ]}
                    />
                    <Select
                        label="Kind"
                        allowDeselect={false}
                        value={String(ticket.kind)}
                        onChange={(kind) => set({ kind: Number(kind), closes: triggers(Number(kind)) && held !== 0n })}
                        data={ORDERS.map((label, at) => ({ value: String(at), label }))}
                    />
                    {rests(ticket.kind) && (
                        <AmountField
                            label={triggers(ticket.kind) ? 'Trigger price' : 'Limit price'}
                            unit="USD"
                            decimals={PRICE_DECIMALS}
                            text={ticket.price}
                            onText={(price) => set({ price })}
                            description={`The price is ${priceText(spot)} now`}
                        />
                    )}
                    {(rests(ticket.kind) || held !== 0n) && (
                        <Checkbox
                            label="Close all that is held on the other side"
                            checked={ticket.closes}
                            disabled={held === 0n}
                            onChange={({ currentTarget }) => set({ closes: currentTarget.checked })}
                        />
                    )}
                    {!ticket.closes && <SizeField {...{ margin, listing, symbol, ticket, market, set }} />}
                    {ticket.kind !== ORDER.limit && (
                        <Select
                            label="Worst price, from the expected one"
                            allowDeselect={false}
                            value={String(ticket.slippage)}
                            onChange={(value) => set({ slippage: Number(value) })}
                            data={TOLERANCES.map((value) => ({ value: String(value), label: percent(value, { places: 2 }) }))}
                        />
                    )}
                    {ticket.kind === ORDER.market && margin.state.model !== MODEL.isolated && !ticket.closes && (
                        <Isolated ticket={ticket} set={set} />
                    )}
                    <TicketPreview {...{ answer, ticket, market, listing, symbol }} />
                    {tried && lacks && (
                        <Text size="sm" className="bad" role="alert">
                            {lacks}.
                        </Text>
                    )}
                    <Button
                        type="submit"
                        loading={busy}
                        disabled={!mine || refused}
                        color={ticket.side === 'long' ? 'gain.7' : 'danger.7'}
                    >
                        {ticket.side === 'long' ? 'Buy' : 'Sell'}
                        {size !== 0n ? ` ${amount(size < 0n ? -size : size, decimals)} ${symbol}` : ''}
                    </Button>
                    <Text size="xs" c="dimmed">
                        {rests(ticket.kind)
                            ? 'It waits on the chain and locks nothing. A keeper executes it; health is judged then.'
                            : 'It executes on the first price published some seconds after it is placed: one that nobody knows yet.'}
                    </Text>
                </Stack>
            </form>
        </Panel>
    );
}

const collateral = (ticket: Ticket) => parseAmount(ticket.collateral, QUOTE_DECIMALS) ?? 0n;

type SizeProps = Pick<Props, 'margin' | 'listing' | 'symbol' | 'ticket'> & { market: Market; set(part: Partial<Ticket>): void };

function SizeField({ margin, listing, symbol, ticket, market, set }: SizeProps) {
    const token = ticket.unit === 'token';
    const size = sizeOfTicket(ticket, market);
    const notional = market.spot > 0n ? (size < 0n ? -size : size) : 0n;
    return (
        <Box>
            <Group align="flex-end" gap="xs" wrap="nowrap">
                <Box flex={1}>
                    <AmountField
                        label="Size"
                        unit={token ? symbol : 'USD'}
                        decimals={token ? market.decimals : QUOTE_DECIMALS}
                        text={ticket.size}
                        onText={(text) => set({ size: text })}
                    />
                </Box>
                <SegmentedControl
                    aria-label="Unit of the size"
                    value={ticket.unit}
                    onChange={(unit) => set({ unit: unit as Ticket['unit'], size: '' })}
                    data={[
                        { value: 'token', label: symbol },
                        { value: 'quote', label: 'USD' },
                    ]}
                />
            </Group>
            {!token && notional > 0n && (
                <Text size="xs" c="dimmed" mt={4}>
                    {amount(notional, market.decimals)} {symbol}
                </Text>
            )}
            {ticket.kind === ORDER.market && !ticket.isolated && (
                <Sizes
                    {...{ margin, listing }}
                    order={previewed({ ...ticket, unit: 'token', size: plain(1n, market.decimals) }, market)}
                    choose={(atoms) => set({ unit: 'token', size: plain(atoms, market.decimals) })}
                />
            )}
        </Box>
    );
}

function Isolated({ ticket, set }: { ticket: Ticket; set(part: Partial<Ticket>): void }) {
    return (
        <>
            <Checkbox
                label="Isolated: in a margin account of its own"
                description="Only the collateral you give it can be lost."
                checked={ticket.isolated}
                onChange={({ currentTarget }) => set({ isolated: currentTarget.checked })}
            />
            {ticket.isolated && (
                <AmountField
                    label="Collateral"
                    unit="USDC"
                    decimals={QUOTE_DECIMALS}
                    text={ticket.collateral}
                    onText={(text) => set({ collateral: text })}
                    description={`Moves from this account: ${usd(collateral(ticket))}`}
                />
            )}
        </>
    );
}
