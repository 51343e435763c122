//! From what the engine refuses to the program's errors.

use anchor_lang::prelude::*;
use plimsoll_engine::EngineError;

use crate::error::PlimsollError;

impl From<EngineError> for PlimsollError {
    fn from(cause: EngineError) -> Self {
        match cause {
            EngineError::Overflow => Self::MathOverflow,
            EngineError::PriceOutOfRange => Self::PriceOutOfRange,
            EngineError::DecimalsOutOfRange => Self::DecimalsOutOfRange,
            EngineError::DivisionByZero => Self::DivisionByZero,
            EngineError::ZeroSize => Self::ZeroAmount,
            EngineError::Healthy => Self::AccountHealthy,
            EngineError::NotImproved => Self::NotImproved,
            EngineError::Throttled => Self::Throttled,
            EngineError::LegNotHeld => Self::LegNotHeld,
            EngineError::LegCount => Self::LegCount,
            EngineError::PoolInsolvent => Self::PoolInsolvent,
            EngineError::DepositTooSmall => Self::DepositTooSmall,
            EngineError::LenderCash => Self::LenderCash,
            EngineError::InsufficientShares => Self::InsufficientBalance,
            EngineError::LossPending => Self::LossPending,
            EngineError::BankClosed => Self::BankClosed,
            EngineError::StaleEpoch => Self::StaleEpoch,
        }
    }
}

/// Turns an engine result into a program result.
pub trait OrRefuse<T> {
    /// The value, or the pinned error of the engine's refusal.
    fn or_refuse(self) -> Result<T>;
}

impl<T> OrRefuse<T> for plimsoll_engine::Result<T> {
    #[inline]
    fn or_refuse(self) -> Result<T> {
        self.map_err(|cause| error!(PlimsollError::from(cause)))
    }
}

/// The value, or `MathOverflow` for `None`.
pub fn checked<T>(value: Option<T>) -> Result<T> {
    value.ok_or_else(|| error!(PlimsollError::MathOverflow))
}
