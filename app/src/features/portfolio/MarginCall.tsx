import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { AccountView } from '@plimsoll/client';
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { Margin } from '../../lib/chain';
import { countdown, span, usd } from '../../lib/format';
import { useEngine } from '../../lib/engine';
import { useChain, useExchange, useSubject } from '../../lib/session';

/** A cent in micro-dollars: amounts are shown rounded down, and a little less would not do. */
const CENT = 10_000n;
const CALLED = 2;
const LIQUIDATABLE = 3;
/** Seconds for which equity has to stay above the call level for a call to end by itself. */
const QUIET = 600n;
/** Seconds after which a liquidation may take everything that is needed at once. */
const THROTTLE = 60n;

/** Says what is missing while an account is called, and how long it has. */
export function MarginCall({ margin, view }: { margin: Margin; view: AccountView }) {
    if (view.report.state < CALLED && margin.state.calledAt === 0n) return null;
    return <Called margin={margin} view={view} />;
}

function Called({ margin, view }: { margin: Margin; view: AccountView }) {
    const { now } = useExchange();
    const missing = useMissing(margin);
    const { report } = view;
    const { calledAt, aboveSince } = margin.state;
    const liquidatable = report.state >= LIQUIDATABLE;
    const room = report.maintenanceEquity - report.maintenanceRequirement;
    const since = report.liquidatableSince;
    return (
        <Alert
            color={liquidatable ? 'danger' : 'amber'}
            variant="light"
            icon={<IconAlertTriangle />}
            title={liquidatable ? 'This account is being liquidated' : 'Margin call'}
            role="alert"
            data-testid="margin-call"
        >
            <Group justify="space-between" align="flex-end">
                <Text size="sm" maw={640}>
                    {missing === null || missing > 0n ? (
                        <>
                            Add <b data-testid="call-amount">{missing === null ? 'collateral' : usd(missing + CENT)}</b> or reduce
                            positions to meet the initial requirement, which ends the call at once.{' '}
                        </>
                    ) : (
                        <>The initial requirement is met: the call ends with the next look at the account. </>
                    )}
                    {liquidatable
                        ? since > 0n && now < since + THROTTLE
                            ? `In ${countdown(since + THROTTLE - now)} a liquidation may take all that is needed at once.`
                            : 'Anybody may liquidate as much as is needed.'
                        : `A further loss of ${usd(room)} makes it liquidatable; there is no other deadline.`}
                    {calledAt > 0n && ` Called ${span(now - calledAt)} ago.`}
                    {aboveSince > 0n &&
                        ` It ends by itself in ${countdown(aboveSince + QUIET - now)} if equity stays above the call level.`}
                </Text>
                <Button component={Link} href="/money/deposit" color={liquidatable ? 'danger.7' : 'amber.7'}>
                    Add collateral
                </Button>
            </Group>
        </Alert>
    );
}

/** The smallest deposit of quote that ends the call; null if none does. */
function useMissing(margin: Margin): bigint | null {
    const engine = useEngine();
    const chain = useChain();
    const { venue } = useExchange();
    const subject = useSubject(margin);
    const bank = chain.bytes(venue.quote.bank);
    return useMemo(() => {
        if (!subject || !bank) return null;
        try {
            return engine.least(subject, { kind: 'deposit', bank, amount: 1n });
        } catch {
            return null;
        }
    }, [engine, subject, bank]);
}
