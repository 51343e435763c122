import { Button, SegmentedControl, Stack, Text } from '@mantine/core';
import { REQUEST, requestPool, TOKEN, type PoolAt, type PoolView } from '@plimsoll/client';
import { useState, type FormEvent } from 'react';
import { useAct } from '../../lib/act';
import { useAsked } from '../../lib/asking';
import { useEngine } from '../../lib/engine';
import { amount as shown, parseAmount, span } from '../../lib/format';
import { useChain, useExchange, useWallet } from '../../lib/session';
import { ensureTokenAccount } from '../../lib/tokens';
import { AmountField } from '../../ui/AmountField';
import { BeforeAfter } from '../../ui/BeforeAfter';
import { Panel } from '../../ui/Panel';
import { Refusal } from '../../ui/Refusal';
import { WalletMenu } from '../../ui/WalletMenu';
import { LP_DECIMALS, useShares } from './shares';

type Kind = 'deposit' | 'withdraw';

/** At least so much of what the present prices would give, in percent: less, and the request is refused. */
const TOLERATED = 99n;

/** Asks the pool to take a deposit, or to pay shares back. */
export function RequestForm({ at, view }: { at: PoolAt; view: PoolView }) {
    const engine = useEngine();
    const chain = useChain();
    const { venue, state } = useExchange();
    const { signer } = useWallet();
    const { act, busy } = useAct();
    const shares = useShares();
    const [kind, setKind] = useState<Kind>('deposit');
    const [text, setText] = useState('');
    const quote = venue.listings[state.quoteSlot]!;
    const symbol = chain.symbol(quote);
    const deposit = kind === 'deposit';
    const [unit, decimals] = deposit ? [symbol, quote.asset.decimals] : ['shares', LP_DECIMALS];
    const [gets, other] = deposit ? ['shares', LP_DECIMALS] : [symbol, quote.asset.decimals];
    const wallet = deposit ? chain.walletAtoms(state.quoteSlot) : shares;
    const amount = parseAmount(text, decimals) ?? 0n;
    const { value: answer, error } = useAsked(
        () => (amount > 0n ? engine.poolRequest(at, { deposit, amount }) : null),
        [engine, at, deposit, amount],
    );
    const least = answer ? (answer.received * TOLERATED) / 100n : 0n;
    const name = deposit ? 'Deposit' : 'Withdraw';
    const submit = async (event: FormEvent) => {
        event.preventDefault();
        if (!signer || amount === 0n) return;
        const title = `Ask the pool: ${name.toLowerCase()} ${shown(amount, decimals)} ${unit}`;
        const build = async () => {
            const terms = { id: BigInt(Date.now()), kind: REQUEST[deposit ? 'deposit' : 'withdrawal'], amount, least };
            const keeperFee = state.minKeeperFee;
            return [
                await ensureTokenAccount(signer.signer, { mint: venue.lpMint, tokenProgram: TOKEN }),
                await ensureTokenAccount(signer.signer, venue.quote),
                await requestPool(venue, signer.signer, { ...terms, keeperFee }),
            ];
        };
        if (await act({ title, build })) setText('');
    };
    return (
        <Panel title="Provide liquidity">
            <form onSubmit={(event) => void submit(event)}>
                <Stack>
                    <SegmentedControl
                        aria-label="Deposit or withdraw"
                        fullWidth
                        value={kind}
                        onChange={(value) => (setKind(value as Kind), setText(''))}
                        data={[
                            { value: 'deposit', label: 'Deposit' },
                            { value: 'withdraw', label: 'Withdraw' },
                        ]}
                    />
                    <Text size="sm" c="dimmed">
                        A request executes at prices published {span(view.coolDown)} after it is made, which nobody knows now, and cannot be
                        taken back.
                    </Text>
                    <AmountField
                        label={deposit ? 'Deposit' : 'Shares to withdraw'}
                        {...{ text, decimals, unit }}
                        onText={setText}
                        most={wallet}
                        beyond="More than your wallet holds"
                        description={`In your wallet: ${shown(wallet, decimals)} ${unit}`}
                    />
                    {error || (answer && answer.refusal !== null) ? (
                        <Refusal code={answer?.refusal} error={error} />
                    ) : (
                        answer && (
                            <BeforeAfter
                                changes={[
                                    { name: 'At present prices', after: `${shown(answer.received, other)} ${gets}`, id: 'pool-received' },
                                    { name: 'At least, or it is refused', after: `${shown(least, other)} ${gets}` },
                                ]}
                            />
                        )
                    )}
                    {signer ? (
                        <Button type="submit" loading={busy} disabled={amount === 0n || (wallet !== null && amount > wallet)}>
                            Ask to {name.toLowerCase()}
                        </Button>
                    ) : (
                        <WalletMenu />
                    )}
                    <Text size="sm" className="num" c="dimmed">
                        You hold <b data-testid="lp-shares">{shown(shares, LP_DECIMALS)}</b> shares.
                    </Text>
                </Stack>
            </form>
        </Panel>
    );
}
