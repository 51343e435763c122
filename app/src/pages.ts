import {
    IconAnchor,
    IconArrowsExchange,
    IconBook2,
    IconChartCandle,
    IconDroplets,
    IconFlame,
    IconRadar2,
    IconWaveSine,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';

/** A screen and where it is found. */
export type Page = {
    path: string;
    name: string;
    icon: ComponentType<{ size?: number; stroke?: number }>;
    load(): Promise<{ default: ComponentType }>;
};

const named = (module: Promise<Record<string, ComponentType>>, name: string) => module.then((all) => ({ default: all[name]! }));

/** Every screen in the order of the menu; the first is where the app begins. */
export const PAGES: Page[] = [
    {
        path: '/portfolio',
        name: 'Portfolio',
        icon: IconAnchor,
        load: () => named(import('./features/portfolio/PortfolioScreen'), 'PortfolioScreen'),
    },
    {
        path: '/trade/:symbol?',
        name: 'Trade',
        icon: IconChartCandle,
        load: () => named(import('./features/trade/TradeScreen'), 'TradeScreen'),
    },
    {
        path: '/money/:action?',
        name: 'Deposit & borrow',
        icon: IconArrowsExchange,
        load: () => named(import('./features/money/MoneyScreen'), 'MoneyScreen'),
    },
    {
        path: '/stress',
        name: 'Stress',
        icon: IconWaveSine,
        load: () => named(import('./features/stress/StressScreen'), 'StressScreen'),
    },
    { path: '/pool', name: 'Pool', icon: IconDroplets, load: () => named(import('./features/pool/PoolScreen'), 'PoolScreen') },
    { path: '/book', name: 'Risk book', icon: IconBook2, load: () => named(import('./features/book/BookScreen'), 'BookScreen') },
    {
        path: '/liquidations',
        name: 'Liquidations',
        icon: IconFlame,
        load: () => named(import('./features/liquidations/LiquidationsScreen'), 'LiquidationsScreen'),
    },
    {
        path: '/keepers',
        name: 'Keeper view',
        icon: IconRadar2,
        load: () => named(import('./features/keepers/KeepersScreen'), 'KeepersScreen'),
    },
];

/** Where the menu leads: the path without what may follow. */
export const start = (path: string) => path.replace(/\/:.*$/, '');
