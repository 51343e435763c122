//! Events. State is in accounts: nothing depends on logs.
//!
//! Amounts are in atoms of their token, values in micro-dollars, times in unix seconds.

use anchor_lang::prelude::*;

mod code;
mod governance;
mod orders;
mod pool;

pub use code::*;
pub use governance::*;
pub use orders::*;
pub use pool::*;

/// An exchange was created with its book.
#[event]
#[derive(Debug)]
pub struct ExchangeCreated {
    /// The exchange.
    pub exchange: Pubkey,
    /// Its book.
    pub book: Pubkey,
    /// Its authority.
    pub authority: Pubkey,
}

/// An asset was listed.
#[event]
#[derive(Debug)]
pub struct AssetListed {
    /// The book.
    pub book: Pubkey,
    /// Its slot.
    pub slot: u8,
    /// Its feed.
    pub feed_id: [u8; 32],
}

/// A bank was listed.
#[event]
#[derive(Debug)]
pub struct BankListed {
    /// The book.
    pub book: Pubkey,
    /// Its asset slot.
    pub slot: u8,
    /// The token.
    pub mint: Pubkey,
}

/// A market was listed.
#[event]
#[derive(Debug)]
pub struct MarketListed {
    /// The book.
    pub book: Pubkey,
    /// Its asset slot.
    pub slot: u8,
}

/// A stress scenario was listed.
#[event]
#[derive(Debug)]
pub struct ScenarioListed {
    /// The book.
    pub book: Pubkey,
    /// Its place.
    pub index: u8,
}

/// The insurance fund was paid into.
#[event]
#[derive(Debug)]
pub struct InsuranceFunded {
    /// The book.
    pub book: Pubkey,
    /// Who paid.
    pub payer: Pubkey,
    /// Quote atoms.
    pub amount: u64,
    /// The fund afterwards.
    pub insurance: u64,
}

/// The exchange was launched.
#[event]
#[derive(Debug)]
pub struct Launched {
    /// The exchange.
    pub exchange: Pubkey,
    /// The pool.
    pub pool: Pubkey,
}

/// A margin account was opened.
#[event]
#[derive(Debug)]
pub struct AccountOpened {
    /// The account.
    pub account: Pubkey,
    /// Its owner.
    pub owner: Pubkey,
}

/// A margin account was closed.
#[event]
#[derive(Debug)]
pub struct AccountClosed {
    /// The account.
    pub account: Pubkey,
    /// Its owner.
    pub owner: Pubkey,
}

/// The margin model of an account changed.
#[event]
#[derive(Debug)]
pub struct ModelChanged {
    /// The margin account.
    pub account: Pubkey,
    /// The model before: 0 Standard, 1 Portfolio, 2 Isolated.
    pub before: u8,
    /// The model now.
    pub after: u8,
    /// R_i under the model now, micro-dollars.
    pub initial_requirement: i64,
}

/// Tokens were deposited.
#[event]
#[derive(Debug)]
pub struct Deposited {
    /// The account.
    pub account: Pubkey,
    /// Asset slot.
    pub slot: u8,
    /// Atoms that the vault received.
    pub amount: u64,
    /// Those of them that repaid a debt.
    pub repaid: u64,
}

/// Tokens were withdrawn.
#[event]
#[derive(Debug)]
pub struct Withdrawn {
    /// The account.
    pub account: Pubkey,
    /// Asset slot.
    pub slot: u8,
    /// Atoms.
    pub amount: u64,
    /// Those of them that were borrowed.
    pub borrowed: u64,
}

/// A swap took tokens out of an account.
#[event]
#[derive(Debug)]
pub struct SwapBegun {
    /// The account.
    pub account: Pubkey,
    /// Asset slot of what left.
    pub slot: u8,
    /// Atoms.
    pub amount: u64,
    /// Those of them that were borrowed.
    pub borrowed: u64,
}

/// A swap paid into an account and passed the gate.
#[event]
#[derive(Debug)]
pub struct SwapEnded {
    /// The account.
    pub account: Pubkey,
    /// Asset slot of what came in.
    pub slot: u8,
    /// Atoms.
    pub amount: u64,
    /// Those of them that repaid a debt.
    pub repaid: u64,
}

/// A deposit was lent, or is not lent any more.
#[event]
#[derive(Debug)]
pub struct LendingSet {
    /// The account.
    pub account: Pubkey,
    /// Asset slot.
    pub slot: u8,
    /// Whether it is lent now.
    pub lent: bool,
    /// Atoms that moved between the two ledgers of the bank.
    pub amount: u64,
}

/// Quote moved between two margin accounts.
#[event]
#[derive(Debug)]
pub struct Transferred {
    /// The account that paid.
    pub from: Pubkey,
    /// The account that received.
    pub to: Pubkey,
    /// Quote atoms.
    pub amount: u64,
    /// Atoms of them that repaid a loan.
    pub repaid: u64,
}

/// A delegate was named, or nobody in his place.
#[event]
#[derive(Debug)]
pub struct DelegateSet {
    /// The account.
    pub account: Pubkey,
    /// Who may place and cancel orders from now on, zero for nobody.
    pub delegate: Pubkey,
    /// Value of the orders he may place in a day, quote atoms.
    pub daily_notional: u64,
}

/// A price was accepted.
#[event]
#[derive(Debug)]
pub struct PriceAccepted {
    /// The book.
    pub book: Pubkey,
    /// Asset slot.
    pub slot: u8,
    /// Publish time.
    pub publish_time: i64,
}

/// A price was refused and its asset skipped; the rest of the batch went on.
#[event]
#[derive(Debug)]
pub struct PriceRefused {
    /// The book.
    pub book: Pubkey,
    /// Asset slot.
    pub slot: u8,
    /// Code of the error.
    pub code: u32,
}

/// An hour of an asset is complete and has entered the risk model.
#[event]
#[derive(Debug)]
pub struct RiskSampled {
    /// The book.
    pub book: Pubkey,
    /// Asset slot.
    pub slot: u8,
    /// Clock hour, hours since 1970.
    pub hour: i64,
    /// Hours since the sample before.
    pub hours: u32,
    /// Clamped return per √hour, with its sign. Fixed.
    pub deviation: i64,
    /// What the rates are now made from: deviation per √hour. Fixed.
    pub target_deviation: i64,
    /// Where the maintenance rate of longs goes. Fixed.
    pub maintenance_long: i64,
    /// Where the maintenance rate of shorts goes. Fixed.
    pub maintenance_short: i64,
    /// Initial rate of longs before open interest and multipliers. Fixed.
    pub initial_long: i64,
    /// Initial rate of shorts before open interest and multipliers. Fixed.
    pub initial_short: i64,
}

/// The risk model could not take a price; the book has the price all the same.
#[event]
#[derive(Debug)]
pub struct ModelRefused {
    /// The book.
    pub book: Pubkey,
    /// Asset slot.
    pub slot: u8,
    /// Code of the error.
    pub code: u32,
}

/// Fees of the markets were swept from the pool's cash.
#[event]
#[derive(Debug)]
pub struct Synced {
    /// The book.
    pub book: Pubkey,
    /// Quote atoms to insurance, negative from it.
    pub to_insurance: i64,
    /// Quote atoms to the protocol.
    pub to_protocol: i64,
}

/// An account's results were settled.
#[event]
#[derive(Debug)]
pub struct Settled {
    /// The account.
    pub account: Pubkey,
    /// Quote atoms from the pool to the account, negative the other way.
    pub to_account: i64,
    /// What remains of a claim, quote atoms.
    pub claim_left: i64,
    /// Debt to the pool afterwards, in shares.
    pub debt_shares: u64,
}

/// A margin call: deposit or reduce, before it becomes a liquidation.
#[event]
#[derive(Debug)]
pub struct MarginCalled {
    /// The account.
    pub account: Pubkey,
    /// R_i − E_i in micro-dollars.
    pub amount: u64,
    /// When.
    pub at: i64,
}

/// E_m < R_m was observed for the first time in an episode.
#[event]
#[derive(Debug)]
pub struct LiquidationOpened {
    /// The account.
    pub account: Pubkey,
    /// Target shortage in micro-dollars.
    pub shortage: u64,
    /// When.
    pub at: i64,
}

/// A margin call or liquidation episode ended.
#[event]
#[derive(Debug)]
pub struct CallCleared {
    /// The account.
    pub account: Pubkey,
    /// When.
    pub at: i64,
}

/// One leg of a liquidation.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct LiquidatedLeg {
    /// Asset slot.
    pub slot: u8,
    /// See `leg_kind`.
    pub kind: u8,
    /// Atoms closed or sold.
    pub size: u64,
    /// Position: quote paid or received. Collateral: quote the account received.
    pub notional: u64,
    /// Collateral: quote to insurance.
    pub insurance: u64,
}

/// An account was liquidated. All parts in quote atoms, shortages in micro-dollars.
#[event]
#[derive(Debug)]
pub struct Liquidated {
    /// The account.
    pub account: Pubkey,
    /// The keeper's margin account.
    pub keeper_account: Pubkey,
    /// The legs.
    pub legs: Vec<LiquidatedLeg>,
    /// Fee the account paid on position legs.
    pub fee: u64,
    /// Part of it to the keeper.
    pub fee_keeper: u64,
    /// Part of it to insurance.
    pub fee_insurance: u64,
    /// Reward from insurance.
    pub reward: u64,
    /// R_m − E_m before.
    pub shortage_before: i64,
    /// R_m − E_m afterwards.
    pub shortage_after: i64,
    /// E_m afterwards.
    pub equity_after: i64,
}

/// An account's shortfall was recorded with those who will bear it.
#[event]
#[derive(Debug)]
pub struct ShortfallRecorded {
    /// The account.
    pub account: Pubkey,
    /// −E_m, micro-dollars; 0 releases what was recorded.
    pub shortfall: u64,
}

/// Who bore one debt, in atoms of its token.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct LossBorne {
    /// Asset slot of the token; the quote's for the debt to the pool as well, which comes last.
    pub slot: u8,
    /// What was owed.
    pub owed: u64,
    /// What insurance in the token gave.
    pub insurance: u64,
    /// What quote insurance bought.
    pub bought: u64,
    /// What it paid for that, quote atoms.
    pub paid: u64,
    /// What lenders had borne who left between record and settlement.
    pub leavers: u64,
    /// What those who lend lost by their index. Of the debt to the pool, which has no lenders, the pool bore
    /// what insurance did not.
    pub lenders: u64,
}

/// The debts of an account that has nothing left were taken.
#[event]
#[derive(Debug)]
pub struct BadDebtSettled {
    /// The account.
    pub account: Pubkey,
    /// Each debt.
    pub borne: Vec<LossBorne>,
}
