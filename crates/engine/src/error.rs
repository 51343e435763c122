//! What can go wrong inside the engine.

/// A refusal of the engine. Nothing has been changed when one is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// A value left the range of its type.
    Overflow,
    /// A price of zero, or one outside the range that a mantissa and shift can hold.
    PriceOutOfRange,
    /// Token decimals above [`crate::price::MAX_DECIMALS`].
    DecimalsOutOfRange,
    /// A divisor (scale, total of shares) is zero where it must not be.
    DivisionByZero,
    /// A size of zero where something has to be traded or closed.
    ZeroSize,
    /// The account is at or above its maintenance margin.
    Healthy,
    /// Closing the named legs would not lower the shortage.
    NotImproved,
    /// The share of the shortage that may be liquidated at this moment is used up.
    Throttled,
    /// A leg names more than the account holds, or a holding on the wrong side.
    LegNotHeld,
    /// More legs than [`crate::liquidation::MAX_LEGS`], or none.
    LegCount,
    /// The pool's net asset value is zero or negative.
    PoolInsolvent,
    /// The deposit is too small to receive one share.
    DepositTooSmall,
    /// A bank has less of its lenders' tokens in the vault than asked for.
    LenderCash,
    /// The shares held are worth less than asked for.
    InsufficientShares,
    /// Losses have taken 99% of what a bank's lenders had.
    BankClosed,
    /// A recorded loss of a bank has not been taken yet: nobody may begin to lend.
    LossPending,
    /// A position is older than the epoch before its side's.
    StaleEpoch,
}

/// Result of every fallible engine function.
pub type Result<T> = core::result::Result<T, EngineError>;
