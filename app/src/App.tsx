import { Center, Loader, Stack, Text } from '@mantine/core';
import { lazy, Suspense, useEffect, useState, type ComponentType } from 'react';
import { Redirect, Route, Router, Switch } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import type { Engine } from '@plimsoll/client';
import { loadConfig, type Config } from './lib/config';
import { EngineProvider, fetchEngine, remembering } from './lib/engine';
import { Session, usePart } from './lib/session';
import { PAGES } from './pages';
import { Problem } from './ui/Problem';
import { Shell } from './ui/Shell';

const screens = PAGES.map(({ path, load }) => ({ path, Screen: lazy(load) as ComponentType }));

/** The whole app: loads what it needs, then shows the screen of the address. */
export function App() {
    const [loaded, setLoaded] = useState<{ config: Config; engine: Engine } | null>(null);
    const [problem, setProblem] = useState<string | null>(null);
    useEffect(() => {
        Promise.all([loadConfig(), fetchEngine()]).then(
            ([config, engine]) => setLoaded({ config, engine: remembering(engine) }),
            (error: Error) => setProblem(error.message),
        );
    }, []);
    if (problem) return <Problem title="Plimsoll cannot start" text={problem} settings />;
    if (!loaded) return <Waiting text="Loading the engine…" />;
    return (
        <EngineProvider value={loaded.engine}>
            <Session config={loaded.config}>
                <Router hook={useHashLocation}>
                    <Shell>
                        <Screens />
                    </Shell>
                </Router>
            </Session>
        </EngineProvider>
    );
}

function Screens() {
    const problem = usePart((snapshot) => snapshot.problem);
    const isRead = usePart((snapshot) => snapshot.book !== null);
    if (problem) return <Problem title="Nothing to show" text={`${problem} Trying again…`} settings />;
    if (!isRead) return <Waiting text="Reading the exchange…" />;
    return (
        <Suspense fallback={<Waiting text="Loading…" />}>
            <Switch>
                {screens.map(({ path, Screen }) => (
                    <Route key={path} path={path} component={Screen} />
                ))}
                <Route>
                    <Redirect to={PAGES[0]!.path} replace />
                </Route>
            </Switch>
        </Suspense>
    );
}

function Waiting({ text }: { text: string }) {
    return (
        <Center mih="60vh">
            <Stack align="center" role="status">
                <Loader />
                <Text c="dimmed">{text}</Text>
            </Stack>
        </Center>
    );
}
