/** Colours of a ship's side: deep blue above the water, amber for a call, red for a liquidation. */

import { createTheme, type MantineColorsTuple } from '@mantine/core';

const tide: MantineColorsTuple = [
    '#e6f6fa',
    '#cfe9f0',
    '#9fd3e1',
    '#6bbbd1',
    '#3fa4c0',
    '#1f8fae',
    '#0f7d9b',
    '#0b6880',
    '#085467',
    '#043d4c',
];
const amber: MantineColorsTuple = [
    '#fff6e0',
    '#ffebc6',
    '#fbd591',
    '#f6bd58',
    '#f0a82b',
    '#e39a12',
    '#b87600',
    '#935d00',
    '#754900',
    '#553400',
];
const danger: MantineColorsTuple = [
    '#ffecec',
    '#ffd6d6',
    '#f6adad',
    '#ee8080',
    '#e65c5c',
    '#dd4343',
    '#cc3030',
    '#ab2424',
    '#8f1a1a',
    '#6b0f0f',
];
const gain: MantineColorsTuple = [
    '#e5f8f0',
    '#ccefe0',
    '#9ddfc3',
    '#69cda3',
    '#3fbb88',
    '#22a774',
    '#138f61',
    '#0a744d',
    '#055c3c',
    '#02432b',
];
/** Deep water: surfaces of the dark scheme. */
const dark: MantineColorsTuple = [
    '#d5dfe8',
    '#b4c3d1',
    '#94a7b9',
    '#6b8096',
    '#31445a',
    '#263749',
    '#182635',
    '#111c29',
    '#0b141e',
    '#070e16',
];

export const theme = createTheme({
    colors: { tide, amber, danger, gain, dark },
    primaryColor: 'tide',
    primaryShade: { light: 7, dark: 6 },
    autoContrast: true,
    luminanceThreshold: 0.32,
    defaultRadius: 'md',
    fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
    fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", Menlo, monospace',
    headings: {
        fontWeight: '600',
        sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.05rem' }, h3: { fontSize: '0.95rem' } },
    },
    cursorType: 'pointer',
    components: { Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } } },
});
