//! Seeds, limits and the bounds in code that no parameter can pass.

/// Seed of [`crate::state::Exchange`]: `["exchange", creator, id]`.
pub const EXCHANGE_SEED: &[u8] = b"exchange";
/// Seed of [`crate::state::Bank`]: `["bank", book, slot]`.
pub const BANK_SEED: &[u8] = b"bank";
/// Seed of a bank's token account: `["vault", bank]`.
pub const VAULT_SEED: &[u8] = b"vault";
/// Seed of [`crate::state::Market`]: `["market", book, slot]`.
pub const MARKET_SEED: &[u8] = b"market";
/// Seed of [`crate::state::Pool`]: `["pool", book]`.
pub const POOL_SEED: &[u8] = b"pool";
/// Seed of the pool's share mint: `["lp", pool]`.
pub const LP_MINT_SEED: &[u8] = b"lp";
/// Seed of [`crate::state::MarginAccount`]: `["account", book, owner, id]`.
pub const ACCOUNT_SEED: &[u8] = b"account";
/// Seed of [`crate::state::Order`]: `["order", account, id]`.
pub const ORDER_SEED: &[u8] = b"order";
/// Seed of [`crate::state::PoolRequest`]: `["request", pool, provider, id]`.
pub const REQUEST_SEED: &[u8] = b"request";

/// Seed of [`crate::state::ParameterChange`]: `["change", exchange, id]`.
pub const CHANGE_SEED: &[u8] = b"change";

/// Shortest notice of what may loosen, of anything else, and the longest of either, seconds.
pub const NOTICE_BOUNDS: (u32, u32, u32) = (72 * 3_600, 24 * 3_600, 30 * 86_400);
/// Notice of a change of the notice periods, seconds.
pub const NOTICE_OF_NOTICES: u32 = 7 * 86_400;
/// Seconds from when a change can be applied until it lapses.
pub const CHANGE_LIFE: i64 = 7 * 86_400;
/// Seconds for which withdrawals can be held in [`HOLD_PERIOD`].
pub const HOLD_BUDGET: i64 = 24 * 3_600;
/// Seconds without a hold after which the budget of holds is whole again.
pub const HOLD_PERIOD: i64 = 7 * 86_400;
/// The limit of a bank's outflow is at least its deposits divided by this, as of when it is changed: in a day
/// all of them can leave.
pub const OUTFLOW_PARTS: u64 = 4;
/// Largest fee that an order has to pay its keeper, lamports.
pub const KEEPER_FEE_BOUND: u64 = 100_000_000;

/// Seed of [`crate::state::Code`]: `["code"]`, one for the program.
pub const CODE_SEED: &[u8] = b"code";

/// Seconds between the announcement of new code and the first moment it can be applied: 7 days.
pub const CODE_NOTICE: i64 = 7 * 86_400;
/// Seconds in which announced code can then be applied; afterwards it has lapsed: 7 days.
pub const CODE_WINDOW: i64 = 7 * 86_400;
/// Assets a book can hold; slots are never reused.
pub const ASSET_SLOTS: usize = 32;
/// Stress scenarios a book can hold.
pub const SCENARIOS: usize = 16;
/// Largest fall and rise of a price in a scenario, basis points.
pub const SHOCK_BOUNDS: (i16, i16) = (-10_000, 30_000);
/// Decimals every quote token has, so that one atom is one micro-dollar at a price of 1.
pub const QUOTE_DECIMALS: u8 = 6;
/// Place of the quote balance in every margin account.
pub const QUOTE_BALANCE: usize = 0;
/// "No slot".
pub const NO_SLOT: u8 = u8::MAX;
/// Parts of a million in every rate parameter.
pub const PPM: u32 = 1_000_000;

/// How far a publish time may lie in the future, in seconds; its age is then 0.
pub const FUTURE_TOLERANCE: i64 = 10;
/// Seconds after the determined instant during which a market order can be executed; then it lapses.
pub const ORDER_WINDOW: i64 = 60;
/// Longest life of a resting order in seconds from its placement: 90 days.
pub const ORDER_LIFE: i64 = 90 * 86_400;
/// Resting orders an account can have.
pub const RESTING_ORDERS: u8 = 16;
/// Seconds after the determined instant during which a pool request can be executed; then it lapses.
pub const REQUEST_WINDOW: i64 = 3_600;
/// What a lapse costs, in parts per million of the order's notional.
pub const LAPSE_PENALTY_PPM: u32 = 1_000;
/// Largest |P/EMA − 1| at which a shortage may still grow, in parts per million (F-14).
pub const EMA_BREAKER_PPM: u32 = 100_000;
/// Epochs that a redemption rate may be old: pools are brought up to date some hours into each.
pub const REDEMPTION_EPOCHS: u64 = 1;
/// Price age accepted for withdrawals, legs of a liquidation and resting orders, in seconds (F-14).
pub const ACTION_AGE: i64 = 20;

/// Smallest and largest order delay in seconds; the smallest exceeds [`FUTURE_TOLERANCE`].
pub const ORDER_DELAY_BOUNDS: (u32, u32) = (11, 60);
/// Largest taker fee, liquidation fee and spread in parts per million.
pub const FEE_BOUND_PPM: u32 = 50_000;
/// Largest funding a day at a skew of the scale, in parts per million of the price. An order reaches a few
/// hundredths of the scale.
pub const DAILY_FUNDING_BOUND_PPM: u32 = 3_000_000;
/// Largest discount of collateral in parts per million.
pub const DISCOUNT_BOUND_PPM: u32 = 200_000;
/// Largest age parameter in seconds.
pub const AGE_BOUND: u32 = 600;
/// Largest yearly rate on debts in parts per million: an index then lasts ten years.
pub const BORROW_RATE_BOUND_PPM: u32 = 1_000_000;
/// Seconds since the last `sync` of a bank within which a new debt may be taken.
pub const SYNC_AGE: i64 = 10;
/// Seconds since the last `sync` of a market within which positions in it may grow (F-11).
pub const MARKET_SYNC_AGE: i64 = 3_600;
/// Seconds in which the limit of a bank's net outflow drains.
pub const OUTFLOW_WINDOW: u64 = 6 * 3_600;
/// Seconds in which the limit of a delegate's orders drains.
pub const DELEGATE_WINDOW: u64 = 24 * 3_600;
/// Shortest and longest cool-down of pool requests in seconds.
pub const COOL_DOWN_BOUNDS: (u32, u32) = (60, 6 * 3_600);
/// Shortest and longest outflow window of the pool in seconds.
pub const POOL_WINDOW_BOUNDS: (u32, u32) = (600, 12 * 3_600);
/// Cool-down and outflow window of the pool together are at most so many seconds.
pub const POOL_WAIT_BOUND: u32 = 12 * 3_600;
/// Smallest part of the pool's shares that may be the most to leave at once, in parts per million.
pub const POOL_OUTFLOW_LEAST_PPM: u32 = 10_000;
/// Every atom of a balance, as an amount.
pub const EVERYTHING: u64 = u64::MAX;
/// Open interest of a side is at most the scale divided by this, so that no price moves by more than
/// a quarter.
pub const SCALE_OVER_OPEN_INTEREST: u64 = 4;
/// Tolerance of marks at a synced skew, as a part of the largest skew (1 in 20).
pub const SKEW_TOLERANCE_DIVISOR: u64 = 20;
/// Largest reward of a keeper for closing a bankrupt account, in quote atoms.
pub const BANKRUPT_REWARD_BOUND: u64 = 100_000_000;
