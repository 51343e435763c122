import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { MODEL } from '@plimsoll/client';
import { usePart, useWallet } from '../lib/session';
import { useOpenAccount } from './AccountMenu';
import { Faucet } from './Faucet';
import { WalletMenu } from './WalletMenu';

/** What stands in the way of an account: no wallet, or no account yet. Null where there is one. */
export function Welcome() {
    const { signer } = useWallet();
    const margins = usePart((snapshot) => snapshot.margins);
    const { open, busy } = useOpenAccount();
    if (!signer) {
        return (
            <Step
                title="Know your line"
                text="One margin account holds several collaterals and several leveraged positions. What it must hold back follows the market, and you see where your line is before anybody else does."
            >
                <WalletMenu />
            </Step>
        );
    }
    if (margins === null) return <Text c="dimmed">Looking for your margin accounts…</Text>;
    if (margins.length > 0) return null;
    return (
        <Step
            title="Open your margin account"
            text="It is an account on the chain that only you control. Its rent comes back when you close it."
        >
            <Button loading={busy} onClick={() => void open(MODEL.standard)}>
                Open a margin account
            </Button>
            <Faucet />
        </Step>
    );
}

function Step({ title, text, children }: { title: string; text: string; children: React.ReactNode }) {
    return (
        <Card withBorder p="xl" bg="var(--surface)" style={{ borderColor: 'var(--line)' }}>
            <Stack align="flex-start" maw={560}>
                <Title order={1}>{title}</Title>
                <Text c="dimmed">{text}</Text>
                <Group>{children}</Group>
            </Stack>
        </Card>
    );
}
