/**
 * What the engine answers.
 *
 * Money is in micro-dollars or quote atoms, sizes in atoms, prices in 10⁻¹² dollars of a whole token, times in
 * unix seconds; fractions are numbers, for display.
 */

import type { HealthReport } from './generated/index.js';

/** A leg and what it needs standing alone. */
export type LegView = {
    slot: number;
    kind: 'deposit' | 'debt' | 'long' | 'short' | 'claim' | 'quote';
    atoms: bigint;
    /** Whether the deposit is lent; of the quote leg, the quote balance. */
    lent: boolean;
    value: bigint;
    exposure: bigint;
    initial: bigint;
    maintenance: bigint;
};

/** A position; entry price is entry/atoms. */
export type PositionView = LegView & {
    entry: bigint;
    unrealised: bigint;
    unsettled: bigint;
    fundingDue: bigint;
    realised: bigint;
    fundingPaid: bigint;
    feesPaid: bigint;
};

/** Price of an asset held, and below and above which prices the account is liquidatable. */
export type PriceView = {
    slot: number;
    price: bigint;
    confidence: bigint;
    age: number;
    below: bigint | null;
    above: bigint | null;
};

/**
 * Health at a glance, parts of a million: 0 on the line and below it, a million where nothing is required.
 * `call` and `initial` are where the account would stand at its call level and at its initial requirement;
 * `leverage` is null without equity; `free` is initial equity beyond requirement and pending order.
 */
export type Bar = { health: number; call: number; initial: number; leverage: bigint | null; free: bigint };

/** An account as its owner wants to see it. */
export type AccountView = {
    report: HealthReport;
    bar: Bar;
    balances: LegView[];
    positions: PositionView[];
    prices: PriceView[];
};

/** What an action would do. `refusal` is a code of the program: see `refusalOf`. */
export type Preview = {
    before: HealthReport;
    after: HealthReport | null;
    barBefore: Bar;
    barAfter: Bar | null;
    refusal: number | null;
    trade: Traded | null;
    payment: { repaid: bigint; deposited: bigint; withdrawn: bigint; borrowed: bigint } | null;
    /** Of a transfer whose receiver was given, his health afterwards. */
    receiver: HealthReport | null;
    /** Liquidation prices afterwards: of the market of a trade, otherwise of all assets held. */
    prices: PriceView[];
};

/** A trade; `impact` is what spread and impact cost against the spot price. */
export type Traded = {
    size: bigint;
    price: bigint;
    notional: bigint;
    impact: bigint;
    fee: bigint;
    realised: bigint;
    funding: bigint;
};

/** Equity and requirement of one view, and what determines the requirement, in words. */
export type ExplainedView = { equity: bigint; requirement: bigint; gross: bigint; binds: string };

/** A liquidation price: dollars of a whole token, for display, and what they are from the present price. */
export type Edge = { price: number; distance: number; days_sigma: number | null; units: bigint };

/** The result of `plimsoll-risk explain --json`, under the names that it has there. */
export type Explanation = {
    state: 'healthy' | 'strained' | 'called' | 'liquidatable' | 'bankrupt';
    model: 'Standard' | 'Portfolio' | 'Isolated';
    initial: ExplainedView;
    maintenance: ExplainedView;
    margin_ratio: number | null;
    call_level: bigint;
    target_level: bigint;
    profile: number;
    worst_scenario: number | null;
    oldest_price: [asset: string, seconds: number];
    legs: (Omit<LegView, 'lent'> & { asset: string; share: number })[];
    nets: {
        slot: number;
        asset: string;
        long: bigint;
        short: bigint;
        net: bigint;
        maintenance: bigint;
        initial: bigint;
    }[];
    rates: { slot: number; asset: string; in_force: Rates; target: Rates; daily_deviation: number; age: number }[];
    scenarios: { scenario: number; loss: bigint; equity_after: bigint; moves: [asset: string, bps: number][] }[];
    prices: {
        slot: number;
        asset: string;
        price: number;
        liquidatable: boolean;
        below: Edge | null;
        above: Edge | null;
    }[];
};

/** Maintenance long, maintenance short, initial long, initial short. */
export type Rates = [number, number, number, number];

/** An asset of the book. */
export type AssetView = {
    slot: number;
    decimals: number;
    bank: boolean;
    market: boolean;
    halted: boolean;
    quality: 'live' | 'unpriceable' | 'expired';
    /** Whether the price is new enough to trade, borrow and withdraw. */
    fresh: boolean;
    /** Whether the price is too far from its average, or too uncertain, for risk to grow. */
    breaker: boolean;
    price: bigint;
    confidence: bigint;
    ema: bigint;
    publishTime: bigint;
    age: number;
    maxAges: [risk: number, other: number];
    maxConfidence: number;
    inForce: Rates;
    /** The model's targets before multipliers. */
    target: Rates;
    /** What will be in force once the ramps have arrived, as far as is known now. */
    ahead: Rates;
    /** When they arrive; null where they stand at their targets. */
    arrives: bigint | null;
    dailyDeviation: number;
    targetDeviation: number;
    samples: number;
    openInterest: number;
    liquidated: boolean;
    tightened: number;
    borrowRate: number;
    underlying: number | null;
    redemption: number | null;
};

/** Two assets; correlations in ten-thousandths. */
export type PairView = {
    a: number;
    b: number;
    samples: number;
    inForce: number | null;
    target: number | null;
    /** What is used for exposures of one direction, and of opposite ones. */
    same: number;
    opposite: number;
};

/** The risk book. */
export type BookView = {
    sequence: bigint;
    newestPublishTime: bigint;
    launched: boolean;
    quoteSlot: number;
    withdrawalsHeldUntil: bigint;
    callLevel: number;
    targetLevel: number;
    insuranceMultiplier: number;
    insuranceTarget: bigint;
    scenarioWeights: [maintenance: number, initial: number];
    assets: AssetView[];
    pairs: PairView[];
    /** Moves by scenario and slot, basis points. */
    scenarios: number[][];
};

/** An announced change. `place` is the slot of an asset, or the number of a scenario. */
export type ChangeView = {
    id: bigint;
    kind: string;
    place: number | null;
    announcedAt: bigint;
    earliest: bigint;
    latest: bigint;
    status: 'waiting' | 'due' | 'growing' | 'lapsed' | 'void';
};

/** A bank: yearly rates as fractions, amounts in atoms. */
export type BankView = {
    slot: number;
    borrowRate: number;
    depositRate: number;
    utilisation: number;
    deposits: bigint;
    lent: bigint;
    owed: bigint;
    depositRoom: bigint;
    borrowRoom: bigint;
    outflowRoom: bigint;
};

/** A market as the pool sees it; `exposure` is the pool's own, negative where traders are net long. */
export type MarketView = {
    slot: number;
    long: bigint;
    short: bigint;
    skew: bigint;
    maxSkew: bigint;
    maxOpenInterest: bigint;
    longValue: bigint;
    shortValue: bigint;
    exposure: bigint;
    stress: bigint;
    headroom: bigint;
    headroomGranted: bigint;
};

/** The pool: quote atoms, and shares in atoms of their token. */
export type PoolView = {
    cash: bigint;
    debt: bigint;
    pendingLoss: bigint;
    shares: bigint;
    requestedQuote: bigint;
    requestedShares: bigint;
    coolDown: number;
    outflowLeft: bigint;
    /** Most shares for which a withdrawal would be executed at the present prices. */
    withdrawable: bigint;
    /** Net asset value and price of a whole share against depositors (high) and against withdrawals (low). */
    worth: { high: bigint; low: bigint; shareHigh: bigint; shareLow: bigint; stress: bigint; free: bigint } | null;
    /** Why it cannot be valued: a code of the program. */
    refusal: number | null;
    markets: MarketView[];
};

/** What a request to the pool would get at the present prices: shares, or quote atoms. */
export type PoolAnswer = { received: bigint; refusal: number | null };

/** Where an account stands. */
export type Standing = {
    state: number;
    model: number;
    equity: bigint;
    requirement: bigint;
    marginRatio: number | null;
    calledAt: bigint;
    liquidatableSince: bigint;
    largest: { slot: number; kind: LegView['kind']; exposure: bigint } | null;
};
