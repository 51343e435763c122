/** The program's engine in the browser: loaded once, its views kept while nothing has changed. */

import { loadEngine, type AccountView, type Engine, type Subject } from '@plimsoll/client';
import wasm from '@plimsoll/client/plimsoll.wasm?url';
import { createContext, useContext } from 'react';

/** Fetches and compiles it. */
export const fetchEngine = (): Promise<Engine> => loadEngine(new URL(wasm, document.baseURI));

/** Views that are kept: as many accounts as a page shows. */
const KEPT = 32;

/** An engine that remembers the views it gave for the same bytes at the same second. */
export function remembering(engine: Engine): Engine {
    const kept: { subject: Subject; view: AccountView }[] = [];
    const same = (a: Subject, b: Subject) => a.account === b.account && a.book === b.book && a.now === b.now;
    const view = (subject: Subject): AccountView => {
        if (subject.moves?.length) return engine.view(subject);
        const known = kept.find((entry) => same(entry.subject, subject));
        if (known) return known.view;
        const fresh = engine.view(subject);
        kept.unshift({ subject, view: fresh });
        kept.length = Math.min(kept.length, KEPT);
        return fresh;
    };
    return { ...engine, view };
}

const EngineContext = createContext<Engine | null>(null);

/** Gives the engine to what is inside. */
export const EngineProvider = EngineContext.Provider;

/** The engine. */
export function useEngine(): Engine {
    const engine = useContext(EngineContext);
    if (!engine) throw new Error('the engine is used outside of its provider');
    return engine;
}
