import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDropletPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { resolved } from '../lib/config';
import { useConfig, useWallet } from '../lib/session';

/** Asks the cluster's faucet for SOL and test tokens; nothing on a cluster without one. */
export function Faucet() {
    const { faucet } = useConfig();
    const { signer } = useWallet();
    const [busy, setBusy] = useState(false);
    if (!faucet || !signer) return null;
    const ask = async () => {
        setBusy(true);
        try {
            const url = resolved(`${faucet}/faucet?to=${signer.address}`);
            const answer = await fetch(url, { method: 'POST' });
            if (!answer.ok) throw new Error(await answer.text());
            notifications.show({
                title: 'Test tokens are in your wallet',
                message: 'They are worth nothing, and there are more.',
                color: 'tide',
            });
        } catch (error) {
            notifications.show({ title: 'The faucet gave nothing', message: (error as Error).message, color: 'danger' });
        } finally {
            setBusy(false);
        }
    };
    return (
        <Button variant="default" leftSection={<IconDropletPlus size={18} />} loading={busy} onClick={() => void ask()}>
            Get test tokens
        </Button>
    );
}
