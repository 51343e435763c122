import { Button, Menu, Text } from '@mantine/core';
import { IconCheck, IconChevronDown, IconPlus } from '@tabler/icons-react';
import { MODEL, openAccount, setModel } from '@plimsoll/client';
import { useAct } from '../lib/act';
import { useChain, usePart, useSelected, useWallet } from '../lib/session';
import { accountName, MODELS } from './words';

/** Which margin account is shown, and opening another. */
export function AccountMenu() {
    const margins = usePart((snapshot) => snapshot.margins);
    const { margin, select } = useSelected();
    const { open, busy } = useOpenAccount();
    if (!margins || margins.length === 0 || !margin) return null;
    return (
        <Menu position="bottom-end" width={260}>
            <Menu.Target>
                <Button
                    variant="default"
                    px="sm"
                    rightSection={<IconChevronDown size={14} />}
                    aria-label={`Margin account ${accountName(margin.id)}`}
                >
                    {accountName(margin.id)}
                </Button>
            </Menu.Target>
            <Menu.Dropdown>
                <Menu.Label>Margin accounts</Menu.Label>
                {margins.map(({ id, state }) => (
                    <Menu.Item
                        key={id}
                        onClick={() => select(id)}
                        rightSection={id === margin.id ? <IconCheck size={16} /> : null}
                    >
                        {accountName(id)}
                        <Text size="xs" c="dimmed">
                            {MODELS[state.model]?.name}
                        </Text>
                    </Menu.Item>
                ))}
                <Menu.Divider />
                <Menu.Item leftSection={<IconPlus size={16} />} disabled={busy} onClick={() => void open(MODEL.standard)}>
                    Open a cross account
                </Menu.Item>
                <Menu.Item leftSection={<IconPlus size={16} />} disabled={busy} onClick={() => void open(MODEL.isolated)}>
                    Open an isolated account
                </Menu.Item>
            </Menu.Dropdown>
        </Menu>
    );
}

/** Opens the signer's next margin account under a model, and shows it. */
export function useOpenAccount() {
    const chain = useChain();
    const { signer } = useWallet();
    const venue = usePart((snapshot) => snapshot.venue);
    const margins = usePart((snapshot) => snapshot.margins);
    const { select } = useSelected();
    const { act, busy } = useAct();
    const open = async (model: number) => {
        if (!signer || !venue) return;
        const taken = new Set((margins ?? []).map(({ id }) => id));
        let id = 0;
        while (taken.has(id)) id += 1;
        const mine = { owner: signer.signer, id };
        const build = async () => {
            const opening = await openAccount(venue, mine);
            return model === MODEL.standard ? [opening] : [opening, await setModel(venue, mine, model)];
        };
        const title = `Open ${accountName(id).toLowerCase()}`;
        if (!(await act({ title, build }))) return;
        await chain.reload();
        select(id);
    };
    return { open, busy };
}
