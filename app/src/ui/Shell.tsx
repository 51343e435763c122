import {
    ActionIcon,
    Alert,
    AppShell,
    Badge,
    Box,
    Burger,
    Group,
    NavLink,
    ScrollArea,
    Text,
    UnstyledButton,
    useComputedColorScheme,
    useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMoon, IconPlugConnected, IconSettings, IconSun } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { isLocal } from '../lib/config';
import { useOutcomes } from '../lib/outcomes';
import { useConfig, usePart } from '../lib/session';
import { PAGES, start } from '../pages';
import { AccountMenu } from './AccountMenu';
import { Settings } from './Settings';
import { WalletMenu } from './WalletMenu';

/** What surrounds every screen: menu, cluster, account, wallet. */
export function Shell({ children }: { children: ReactNode }) {
    const [opened, { toggle, close }] = useDisclosure(false);
    const [connection, settings] = useDisclosure(false);
    const [location] = useLocation();
    return (
        <AppShell
            header={{ height: 56 }}
            navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !opened } }}
            padding={{ base: 'sm', sm: 'lg' }}
        >
            <AppShell.Header bg="var(--surface)">
                <Group h="100%" px={{ base: 'xs', sm: 'md' }} justify="space-between" wrap="nowrap" gap="xs">
                    <Group gap="xs" wrap="nowrap">
                        <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
                        <Brand />
                        <Cluster />
                    </Group>
                    <Group gap="xs" wrap="nowrap">
                        <AccountMenu />
                        <WalletMenu />
                        <Box visibleFrom="sm">
                            <Tools settings={settings.open} />
                        </Box>
                    </Group>
                </Group>
            </AppShell.Header>
            <AppShell.Navbar bg="var(--surface)" p="xs">
                <AppShell.Section grow component={ScrollArea}>
                    <nav aria-label="Screens">
                        {PAGES.map(({ path, name, icon: Icon }) => (
                            <NavLink
                                key={path}
                                component={Link}
                                href={start(path)}
                                label={name}
                                leftSection={<Icon size={18} stroke={1.7} />}
                                active={location.startsWith(start(path))}
                                aria-current={location.startsWith(start(path)) ? 'page' : undefined}
                                onClick={close}
                                style={{ borderRadius: 'var(--mantine-radius-md)' }}
                                mb={2}
                            />
                        ))}
                    </nav>
                </AppShell.Section>
                <AppShell.Section hiddenFrom="sm">
                    <Tools settings={settings.open} />
                </AppShell.Section>
            </AppShell.Navbar>
            <AppShell.Main>
                <Lost />
                <Unlaunched />
                <Box maw={1280} mx="auto">
                    {children}
                </Box>
            </AppShell.Main>
            <Settings opened={connection} close={settings.close} />
            <Outcomes />
        </AppShell>
    );
}

/** Hears of every change; the shell around it need not be drawn again for that. */
function Outcomes() {
    useOutcomes();
    return null;
}

function Brand() {
    return (
        <UnstyledButton
            component={Link}
            href="/portfolio"
            aria-label="Plimsoll"
            style={{ display: 'flex', alignItems: 'center', gap: 8 }}
        >
            <svg
                width="28"
                height="28"
                viewBox="0 0 32 32"
                fill="none"
                stroke="var(--mantine-color-tide-5)"
                strokeWidth="3"
                aria-hidden
            >
                <circle cx="16" cy="16" r="10" />
                <path d="M1 16h30" />
            </svg>
            <Text fw={700} size="lg" visibleFrom="sm">
                Plimsoll
            </Text>
        </UnstyledButton>
    );
}

function Cluster() {
    const config = useConfig();
    const connection = usePart((snapshot) => snapshot.connection);
    const live = connection.state === 'live';
    const name = isLocal(config) ? 'Local cluster' : config.cluster;
    return (
        <Badge
            visibleFrom="md"
            variant="default"
            tt="none"
            leftSection={<Box w={8} h={8} bg={live ? 'gain.5' : 'amber.5'} style={{ borderRadius: 8 }} />}
        >
            {name}
            {live ? '' : ' · connecting'}
        </Badge>
    );
}

function Tools({ settings }: { settings(): void }) {
    const { setColorScheme } = useMantineColorScheme();
    const scheme = useComputedColorScheme('light');
    const other = scheme === 'dark' ? 'light' : 'dark';
    return (
        <Group gap="xs" wrap="nowrap">
            <ActionIcon variant="default" size="lg" aria-label={`Use the ${other} scheme`} onClick={() => setColorScheme(other)}>
                {scheme === 'dark' ? <IconSun size={18} /> : <IconMoon size={18} />}
            </ActionIcon>
            <ActionIcon variant="default" size="lg" aria-label="Connection" onClick={settings}>
                <IconSettings size={18} />
            </ActionIcon>
        </Group>
    );
}

/** Says so before an exchange takes deposits. */
function Unlaunched() {
    const launched = usePart((snapshot) => snapshot.launched);
    if (launched) return null;
    return (
        <Alert color="amber" variant="light" mb="md" title="This exchange is not launched" role="alert">
            Its parameters can still change, and no account can be opened.
        </Alert>
    );
}

/** Says so while nothing new arrives. */
function Lost() {
    const connection = usePart((snapshot) => snapshot.connection);
    const isRead = usePart((snapshot) => snapshot.book !== null);
    if (connection.state !== 'lost' || !isRead) return null;
    return (
        <Alert color="amber" variant="light" mb="md" icon={<IconPlugConnected />} title="The connection is lost" role="alert">
            What you see is as of when it broke. Connecting again, attempt {connection.attempt}.
        </Alert>
    );
}
