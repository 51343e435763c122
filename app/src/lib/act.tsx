/** Every transaction of the app: simulated first, refused in words, shown until it is confirmed. */

import { Anchor, Loader, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { Refused, send, type SendingStep } from '@plimsoll/client';
import type { Instruction, Signature } from '@solana/kit';
import { useCallback, useState } from 'react';
import { explorerLink } from './config';
import { useChain, useConfig, useWallet } from './session';

/** A transaction. */
export type Action = {
    /** What it does, as shown: "Deposit 500 USDC". */
    title: string;
    /** Its instructions. */
    build(): Promise<Instruction[]>;
};

const STEPS: Record<SendingStep, string> = {
    simulate: 'Trying it on a copy of the chain…',
    sign: 'Waiting for your signature…',
    confirm: 'Sent. Waiting for confirmation…',
};

/** What went wrong, in the program's words where it is the program that refused. */
export function sentence(error: unknown): string {
    if (error instanceof Refused) {
        const { refusal, logs } = error;
        if (refusal) return `${refusal.message}. ${refusal.hint ?? ''}`.trim();
        const poor = logs.some((line) => /insufficient (funds|lamports)/i.test(line));
        if (poor || /AccountNotFound|InsufficientFunds/.test(error.message)) {
            return 'The wallet does not hold enough for this: tokens, or SOL for rent and fees.';
        }
        return `The transaction was refused: ${error.message}.`;
    }
    const text = error instanceof Error ? error.message : String(error);
    return /failed to fetch|network/i.test(text) ? 'The node does not answer. Nothing was sent.' : text;
}

/** Runs transactions one at a time; `busy` meanwhile. Resolves to the signature, or null after a refusal. */
export function useAct(): { act(action: Action): Promise<Signature | null>; busy: boolean } {
    const config = useConfig();
    const { rpc, feed } = useChain();
    const { signer } = useWallet();
    const [busy, setBusy] = useState(false);
    const act = useCallback(
        async ({ title, build }: Action) => {
            if (!signer) return null;
            const id = `act-${title}-${performance.now()}`;
            const show = (message: string, signature?: Signature) =>
                notifications.update({ id, message: <Progress text={message} link={signature && link(signature)} /> });
            const link = (signature: Signature) => explorerLink(config, 'tx', signature);
            notifications.show({
                id,
                title,
                message: STEPS.simulate,
                icon: <Loader size={18} />,
                autoClose: false,
                withCloseButton: false,
            });
            setBusy(true);
            const end = { id, autoClose: 8_000, withCloseButton: true } as const;
            try {
                const onStep = (step: SendingStep, signature?: Signature) => show(STEPS[step], signature);
                const sending = { rpc, subscriptions: feed.subscriptions, payer: signer.signer, onStep };
                const { signature } = await send(sending, await build());
                const message = <Progress text="Confirmed." link={link(signature)} />;
                notifications.update({ ...end, title, message, icon: <IconCheck size={18} />, color: 'tide' });
                return signature;
            } catch (error) {
                const message = <Text size="sm">{sentence(error)}</Text>;
                const refused = { title: `${title}: refused`, icon: <IconAlertTriangle size={18} />, color: 'danger' };
                notifications.update({ ...end, ...refused, message, autoClose: 20_000 });
                return null;
            } finally {
                setBusy(false);
            }
        },
        [config, rpc, feed, signer],
    );
    return { act, busy };
}

function Progress({ text, link }: { text: string; link?: string | undefined }) {
    return (
        <Text size="sm" component="span">
            {text}{' '}
            {link && (
                <Anchor href={link} target="_blank" rel="noreferrer" size="sm">
                    View transaction
                </Anchor>
            )}
        </Text>
    );
}
