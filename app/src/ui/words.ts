/** What the program's numbers are called. */

/** A margin account by its id, which counts from zero. */
export const accountName = (id: number) => `Account ${id + 1}`;

/** Margin models by number. */
export const MODELS = [
    { name: 'Standard', says: 'Each position needs margin of its own; nothing is offset.' },
    { name: 'Portfolio', says: 'Hedges count, by measured correlations and stress scenarios.' },
    { name: 'Isolated', says: 'One position and quote, apart from everything else you hold.' },
] as const;

/** States of an account by number, from good to bad. */
export const STATES = [
    { name: 'Healthy', colour: 'gain', says: 'Above the initial requirement: everything is possible.' },
    { name: 'Strained', colour: 'tide', says: 'Below the initial requirement: only what lowers the risk is possible.' },
    { name: 'Called', colour: 'amber', says: 'Close to liquidation: add collateral or reduce.' },
    { name: 'Liquidatable', colour: 'danger', says: 'Below maintenance: anybody may liquidate.' },
    { name: 'Bankrupt', colour: 'danger', says: 'Worth less than nothing.' },
] as const;

/** What determines a requirement, by number. */
export const BINDING = [
    'the sum of all positions',
    'net risk with correlations',
    'a share of the gross sum',
    'the cost of closing',
    'the worst scenario',
    'maintenance, times 1.25',
    'all legs of one direction',
] as const;

/** Kinds of orders by number. */
export const ORDERS = ['Market', 'Limit', 'Stop', 'Take profit'] as const;
