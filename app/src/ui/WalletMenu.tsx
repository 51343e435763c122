import { Badge, Button, Group, Menu, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCopy, IconExternalLink, IconLogout, IconWallet } from '@tabler/icons-react';
import { explorerLink } from '../lib/config';
import { amount, short } from '../lib/format';
import { useChain, useConfig, usePart, useWallet } from '../lib/session';
import { TEST_WALLET } from '../lib/wallet';

const LAMPORT_DECIMALS = 9;

/** Connects a wallet, or shows which one is. */
export function WalletMenu() {
    const { signer, names, connect } = useWallet();
    const failed = (error: Error) =>
        notifications.show({ title: 'The wallet was not connected', message: error.message, color: 'danger' });
    if (signer) return <Connected />;
    return (
        <Menu position="bottom-end" width={280}>
            <Menu.Target>
                <Button leftSection={<IconWallet size={18} />}>Connect</Button>
            </Menu.Target>
            <Menu.Dropdown>
                {names.length === 0 && <Menu.Label>No wallet for Solana was found in this browser</Menu.Label>}
                {names.map((name) => (
                    <Menu.Item key={name} onClick={() => void connect(name).catch(failed)}>
                        {name}
                        {name === TEST_WALLET && (
                            <Text size="xs" c="dimmed">
                                A key kept by this page. For the local cluster only.
                            </Text>
                        )}
                    </Menu.Item>
                ))}
            </Menu.Dropdown>
        </Menu>
    );
}

function Connected() {
    const config = useConfig();
    const chain = useChain();
    const { signer, disconnect } = useWallet();
    const lamports = usePart(() => chain.lamports());
    if (!signer) return null;
    return (
        <Menu position="bottom-end" width={280}>
            <Menu.Target>
                <Button variant="default" px="sm">
                    <Group gap={6} wrap="nowrap">
                        <span className="hidden">Wallet </span>
                        {signer.isTest && (
                            <Badge color="amber" variant="light" size="sm">
                                Test
                            </Badge>
                        )}
                        <Text span visibleFrom="xs" size="sm" fw={600}>
                            {short(signer.address)}
                        </Text>
                        <Text span hiddenFrom="xs" size="sm" fw={600}>
                            {signer.address.slice(0, 4)}
                        </Text>
                    </Group>
                </Button>
            </Menu.Target>
            <Menu.Dropdown>
                <Menu.Label>
                    {signer.name}
                    {signer.isTest ? ', local cluster only' : ''} · {amount(lamports, LAMPORT_DECIMALS, 4)} SOL
                </Menu.Label>
                <Menu.Item
                    leftSection={<IconCopy size={16} />}
                    onClick={() => void navigator.clipboard.writeText(signer.address)}
                >
                    Copy address
                </Menu.Item>
                <Menu.Item
                    leftSection={<IconExternalLink size={16} />}
                    component="a"
                    target="_blank"
                    rel="noreferrer"
                    href={explorerLink(config, 'address', signer.address)}
                >
                    View in the explorer
                </Menu.Item>
                <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void disconnect()}>
                    Disconnect
                </Menu.Item>
            </Menu.Dropdown>
        </Menu>
    );
}
