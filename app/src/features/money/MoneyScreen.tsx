import { Alert, Grid, Group, SegmentedControl, Stack, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useLocation, useParams } from 'wouter';
import { countdown } from '../../lib/format';
import { useExchange, useSelected } from '../../lib/session';
import { Faucet } from '../../ui/Faucet';
import { Welcome } from '../../ui/Welcome';
import { PaymentForm } from './PaymentForm';
import { PAYMENTS, WORDS, type Payment } from './payments';
import { Wallet } from './Wallet';

/** Moves tokens between wallet and margin account, and between margin accounts. */
export function MoneyScreen() {
    const { margin } = useSelected();
    const [, go] = useLocation();
    const narrow = useMediaQuery('(max-width: 30em)');
    const { action } = useParams<{ action?: string }>();
    const payment: Payment = PAYMENTS.find((it) => it === action) ?? 'deposit';
    if (!margin) return <Welcome />;
    return (
        <Stack>
            <Group justify="space-between">
                <Title order={1}>{WORDS[payment].name}</Title>
                <Faucet />
            </Group>
            <Held />
            <SegmentedControl
                aria-label="What to do"
                fullWidth
                size={narrow ? 'xs' : 'sm'}
                value={payment}
                onChange={(value) => go(`/money/${value}`)}
                data={PAYMENTS.map((value) => ({ value, label: WORDS[value].name }))}
            />
            <Grid>
                <Grid.Col span={{ base: 12, md: 7 }}>
                    <PaymentForm key={`${payment} ${margin.address}`} payment={payment} margin={margin} />
                </Grid.Col>
                <Grid.Col span={{ base: 12, md: 5 }}>
                    <Wallet margin={margin} />
                </Grid.Col>
            </Grid>
        </Stack>
    );
}

/** Says so while the exchange holds withdrawals. */
function Held() {
    const { state, now } = useExchange();
    if (state.withdrawalsHeldUntil <= now) return null;
    return (
        <Alert color="amber" variant="light" title="Withdrawals are held" role="alert">
            The guardian of the exchange holds withdrawals for another {countdown(state.withdrawalsHeldUntil - now)}. Deposits,
            repayments and closing positions work meanwhile.
        </Alert>
    );
}
