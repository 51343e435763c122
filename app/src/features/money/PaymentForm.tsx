import { Button, Select, Stack, Text } from '@mantine/core';
import type { Bar, Listing, Preview } from '@plimsoll/client';
import { useMemo, useState, type FormEvent } from 'react';
import { useAct } from '../../lib/act';
import { useMost, usePreview } from '../../lib/asking';
import type { Margin } from '../../lib/chain';
import { amount as shown, parseAmount, percent, plain, usd } from '../../lib/format';
import { useChain, useExchange, useMine, useSnapshot, useView } from '../../lib/session';
import { AmountField } from '../../ui/AmountField';
import { BeforeAfter } from '../../ui/BeforeAfter';
import { Panel } from '../../ui/Panel';
import { Refusal } from '../../ui/Refusal';
import { accountName } from '../../ui/words';
import { asked, instructions, WORDS, type Payment } from './payments';

/** A debt grows until its repayment arrives: so much more, in parts of a million, is offered. */
const GROWTH = 20n;
const MILLION = 1_000_000n;

/** The form of one kind of payment. */
export function PaymentForm({ payment, margin }: { payment: Payment; margin: Margin }) {
    const { venue, state } = useExchange();
    const chain = useChain();
    const mine = useMine();
    const { act, busy } = useAct();
    const tokens = useTokens(payment, margin);
    const [chosen, setChosen] = useState<string | null>(null);
    const [text, setText] = useState('');
    const listing =
        tokens.find(({ slot }) => String(slot) === chosen) ?? tokens.find(({ slot }) => slot === state.quoteSlot) ?? tokens[0];
    const [to, others, setTo] = useReceiver(payment, margin);
    if (!listing) {
        return (
            <Panel title={WORDS[payment].name}>
                <Text c="dimmed">The account has no debt.</Text>
            </Panel>
        );
    }
    const decimals = listing.asset.decimals;
    const symbol = chain.symbol(listing);
    const amount = parseAmount(text, decimals) ?? 0n;
    const submit = async (event: FormEvent) => {
        event.preventDefault();
        if (!mine || amount === 0n) return;
        const title = `${WORDS[payment].name} ${shown(amount, decimals)} ${symbol}`;
        const terms = { slot: listing.slot, amount, to };
        if (await act({ title, build: () => instructions(venue, mine, payment, terms) })) setText('');
    };
    return (
        <Panel title={WORDS[payment].name}>
            <form onSubmit={(event) => void submit(event)}>
                <Stack>
                    <Text size="sm" c="dimmed">
                        {WORDS[payment].says}
                    </Text>
                    {tokens.length > 1 && (
                        <Select
                            label="Token"
                            allowDeselect={false}
                            value={String(listing.slot)}
                            onChange={(value) => (setChosen(value), setText(''))}
                            data={tokens.map((it) => ({ value: String(it.slot), label: chain.symbol(it) }))}
                        />
                    )}
                    {payment === 'transfer' && (
                        <Select
                            label="To"
                            allowDeselect={false}
                            placeholder={others.length === 0 ? 'You have no other margin account' : undefined}
                            disabled={others.length === 0}
                            value={to === null ? null : String(to)}
                            onChange={(value) => value !== null && setTo(Number(value))}
                            data={others.map(({ id }) => ({ value: String(id), label: accountName(id) }))}
                        />
                    )}
                    <Amounts {...{ payment, margin, listing, symbol, text, setText, amount }} />
                    <Button
                        type="submit"
                        loading={busy}
                        disabled={!mine || amount === 0n || (payment === 'transfer' && to === null)}
                    >
                        {amount > 0n ? `${WORDS[payment].name} ${shown(amount, decimals)} ${symbol}` : WORDS[payment].name}
                    </Button>
                </Stack>
            </form>
        </Panel>
    );
}

/** Tokens that a payment is possible in. */
function useTokens(payment: Payment, margin: Margin): Listing[] {
    const { venue, state } = useExchange();
    const owed = new Set(margin.state.balances.filter(({ amount }) => amount < 0n).map(({ slot }) => slot));
    return venue.listings.filter(({ slot, bank }) => {
        if (!bank) return false;
        if (payment === 'transfer') return slot === state.quoteSlot;
        return payment === 'repay' ? owed.has(slot) : true;
    });
}

function useReceiver(payment: Payment, margin: Margin) {
    const { margins } = useSnapshot();
    const others = (margins ?? []).filter(({ id }) => id !== margin.id);
    const [chosen, setTo] = useState<number | null>(null);
    const to = payment === 'transfer' ? (others.find(({ id }) => id === chosen) ?? others[0])?.id : undefined;
    return [to ?? null, others, setTo] as const;
}

type AmountsProps = {
    payment: Payment;
    margin: Margin;
    listing: Listing;
    symbol: string;
    text: string;
    setText(text: string): void;
    amount: bigint;
};

/** The amount, how much is safe, and what it changes. */
function Amounts({ payment, margin, listing, symbol, text, setText, amount }: AmountsProps) {
    const chain = useChain();
    const bank = chain.bytes(listing.bank?.bank);
    const decimals = listing.asset.decimals;
    const action = useMemo(() => bank && asked(payment, bank, 1n), [payment, bank]);
    const allowed = useMost(margin, action);
    const wallet = chain.walletAtoms(listing.slot);
    const debt = useDebt(margin, listing.slot);
    const most = mostOf(payment, { allowed, wallet, debt });
    const full = useMemo(() => (bank && amount > 0n ? asked(payment, bank, amount) : null), [payment, bank, amount]);
    const { preview, error } = usePreview(margin, full);
    const pays = payment === 'deposit' || payment === 'repay';
    return (
        <>
            <AmountField
                label="Amount"
                unit={symbol}
                {...{ text, decimals, most }}
                onText={setText}
                beyond={pays ? 'More than your wallet holds' : 'More than is safe now'}
                description={describe(payment, { most, wallet, debt, decimals, symbol })}
            />
            {preview?.after ? (
                <Changes preview={preview} decimals={decimals} symbol={symbol} />
            ) : (
                <Refusal code={preview?.refusal} error={error} />
            )}
        </>
    );
}

function useDebt(margin: Margin, slot: number): bigint {
    const { view } = useView(margin);
    const leg = view?.balances.find((it) => it.slot === slot && it.atoms < 0n);
    return leg ? -leg.atoms : 0n;
}

type Limits = { allowed: bigint | null; wallet: bigint | null; debt: bigint };

function mostOf(payment: Payment, { allowed, wallet, debt }: Limits): bigint | null {
    const least = (a: bigint, b: bigint) => (a < b ? a : b);
    if (payment === 'repay') return wallet === null ? null : least(wallet, debt + (debt * GROWTH) / MILLION + 1n);
    if (payment === 'deposit') return wallet === null || allowed === null ? wallet : least(wallet, allowed);
    return allowed;
}

function describe(
    payment: Payment,
    {
        most,
        wallet,
        debt,
        decimals,
        symbol,
    }: { most: bigint | null; wallet: bigint | null; debt: bigint; decimals: number; symbol: string },
): string {
    if (payment === 'repay') return `Owed: ${shown(debt, decimals)} ${symbol}; in your wallet: ${shown(wallet, decimals)}`;
    if (payment === 'deposit') return `In your wallet: ${shown(wallet, decimals)} ${symbol}`;
    return `Safe maximum now: ${shown(most, decimals)} ${symbol}`;
}

function Changes({ preview, decimals, symbol }: { preview: Preview; decimals: number; symbol: string }) {
    const { before, after, barBefore, barAfter, payment } = preview;
    if (!after || !barAfter) return null;
    const health = (bar: Bar) => percent(bar.health, { places: 1 });
    const part = (name: string, atoms: bigint | undefined) =>
        atoms ? [{ name, after: `${plain(atoms, decimals)} ${symbol}` }] : [];
    return (
        <BeforeAfter
            changes={[
                { name: 'Health', before: health(barBefore), after: health(barAfter) },
                { name: 'Equity', before: usd(before.maintenanceEquity), after: usd(after.maintenanceEquity) },
                { name: 'Free collateral', before: usd(barBefore.free), after: usd(barAfter.free) },
                ...part('Repaid of a debt', payment?.repaid),
                ...part('Borrowed', payment?.borrowed),
            ]}
        />
    );
}
