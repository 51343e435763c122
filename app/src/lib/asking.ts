/** Questions to the engine about the account that is shown, answered again with every change of the chain. */

import type { Action, Preview } from '@plimsoll/client';
import { useMemo, type DependencyList } from 'react';
import type { Margin } from './chain';
import { useEngine } from './engine';
import { useSubject } from './session';

/** What an action would do; none while it has no amount. */
export function usePreview(margin: Margin | null, action: Action | null): { preview: Preview | null; error: string | null } {
    const engine = useEngine();
    const subject = useSubject(margin);
    return useMemo(() => {
        if (!subject || !action) return { preview: null, error: null };
        try {
            return { preview: engine.preview(subject, action), error: null };
        } catch (error) {
            return { preview: null, error: (error as Error).message };
        }
    }, [engine, subject, action]);
}

/** The largest amount of an action that is not refused now. */
export function useMost(margin: Margin | null, action: Action | null): bigint | null {
    const engine = useEngine();
    const subject = useSubject(margin);
    return useMemo(() => {
        if (!subject || !action) return null;
        try {
            return engine.most(subject, action);
        } catch {
            return null;
        }
    }, [engine, subject, action]);
}

/** An answer of the engine, or what it refuses in a sentence; asked again when something in `about` changes. */
export function useAsked<T>(ask: () => T, about: DependencyList): { value: T | null; error: string | null } {
    return useMemo(() => {
        try {
            return { value: ask(), error: null };
        } catch (error) {
            return { value: null, error: (error as Error).message };
        }
    }, about);
}
