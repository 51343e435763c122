//! Amounts as people say them: `usdc(1_000)`, `sol(1.5)`, `btc(0.1)`.

use crate::params::{BTC, ETH, JITOSOL, SOL, USDC};

/// Atoms of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Asset slot of the book.
    pub slot: u8,
    /// Atoms.
    pub atoms: u64,
}

/// `units` whole tokens of `decimals` as atoms, to the nearest.
pub fn atoms(units: impl Into<f64>, decimals: u8) -> u64 {
    (units.into() * 10f64.powi(i32::from(decimals))).round() as u64
}

/// Whole USDC.
pub fn usdc(units: impl Into<f64>) -> Amount {
    usdc_atoms(atoms(units, 6))
}

/// Atoms of USDC; at a price of exactly 1 also micro-dollars.
pub fn usdc_atoms(atoms: u64) -> Amount {
    Amount { slot: USDC, atoms }
}

/// Whole SOL.
pub fn sol(units: impl Into<f64>) -> Amount {
    sol_atoms(atoms(units, 9))
}

/// Atoms of SOL, 9 decimals.
pub fn sol_atoms(atoms: u64) -> Amount {
    Amount { slot: SOL, atoms }
}

/// Whole JitoSOL, 9 decimals.
pub fn jitosol(units: impl Into<f64>) -> Amount {
    Amount {
        slot: JITOSOL,
        atoms: atoms(units, 9),
    }
}

/// Whole BTC, 8 decimals.
pub fn btc(units: impl Into<f64>) -> Amount {
    Amount {
        slot: BTC,
        atoms: atoms(units, 8),
    }
}

/// Whole ETH, 8 decimals as wrapped.
pub fn eth(units: impl Into<f64>) -> Amount {
    Amount {
        slot: ETH,
        atoms: atoms(units, 8),
    }
}

/// Dollars as micro-dollars.
pub fn usd(dollars: impl Into<f64>) -> i64 {
    (dollars.into() * 1e6).round() as i64
}
