//! What assets are called, and amounts as people write them.

use anyhow::{ensure, Context, Result};
use plimsoll::state::{AssetSlot, RiskBook};
use plimsoll_client::explain::unnamed;
use std::str::FromStr;

/// `NAME=SLOT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    name: String,
    slot: u8,
}

impl FromStr for Name {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let expected = || format!("expected NAME=SLOT like SOL=1, got `{text}`");
        let (name, slot) = text.split_once('=').with_context(expected)?;
        Ok(Self {
            name: name.to_owned(),
            slot: slot.trim().parse().with_context(expected)?,
        })
    }
}

/// Names of the slots of a book.
#[derive(Clone, Debug, Default)]
pub struct Names(pub Vec<Name>);

impl Names {
    /// The given name, or the slot and the beginning of its feed id.
    pub fn of(&self, book: &RiskBook, slot: u8) -> String {
        let given = self.0.iter().find(|name| name.slot == slot);
        given.map_or_else(|| unnamed(book, slot), |name| name.name.clone())
    }

    /// The slot of a given name, or of a number.
    ///
    /// # Errors
    /// A name that was not given, or a slot without an asset.
    pub fn slot(&self, book: &RiskBook, text: &str) -> Result<u8> {
        let named = self.0.iter().find(|name| name.name == text);
        let slot = match named {
            Some(name) => name.slot,
            None => text.parse().with_context(|| {
                format!("unknown asset {text}: give its slot, or a name by --names {text}=SLOT")
            })?,
        };
        let count = book.asset_count;
        ensure!(
            slot < count,
            "{text}: expected a slot below {count}, got {slot}"
        );
        Ok(slot)
    }

    /// Refuses names of slots without an asset.
    ///
    /// # Errors
    /// The first such name.
    pub fn check(&self, book: &RiskBook) -> Result<()> {
        for Name { name, .. } in &self.0 {
            self.slot(book, name)?;
        }
        Ok(())
    }
}

/// `ASSET=VALUE`, not looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// Name or slot.
    pub asset: String,
    /// What stands behind the sign of equality.
    pub value: String,
}

impl FromStr for Assigned {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (asset, value) = text
            .split_once('=')
            .with_context(|| format!("expected ASSET=VALUE, got `{text}`"))?;
        Ok(Self {
            asset: asset.trim().to_owned(),
            value: value.trim().to_owned(),
        })
    }
}

impl std::fmt::Display for Assigned {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}={}", self.asset, self.value)
    }
}

/// Signed atoms of an amount in whole tokens, exactly.
///
/// # Errors
/// Something else than a decimal number, more digits than the token has, or too many atoms.
pub fn atoms(text: &str, asset: &AssetSlot) -> Result<i64> {
    decimal(text, asset.decimals)
}

/// A decimal number in units of 10^-`decimals`, exactly.
///
/// # Errors
/// As [`atoms`].
pub fn decimal(text: &str, decimals: u8) -> Result<i64> {
    let expected = || format!("expected a number with at most {decimals} decimals, got `{text}`");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let places = usize::from(decimals);
    ensure!(part.len() <= places, expected());
    ensure!(!(whole.is_empty() && part.is_empty()), expected());
    let joined = format!("{whole}{part:0<places$}");
    ensure!(joined.bytes().all(|b| b.is_ascii_digit()), expected());
    let magnitude: i64 = joined.parse().with_context(expected)?;
    Ok(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(decimal("+50", 9).unwrap(), 50_000_000_000);
        assert_eq!(decimal("-0.5", 6).unwrap(), -500_000);
        assert_eq!(decimal(".000001", 6).unwrap(), 1);
        for wrong in [
            "",
            "-",
            ".",
            "1.0000001",
            "1e3",
            "--1",
            "99999999999999999999",
        ] {
            assert!(decimal(wrong, 6).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_and_assignments_say_what_they_expect() {
        assert!("SOL".parse::<Name>().is_err());
        let assigned: Assigned = "SOL=-10%".parse().unwrap();
        assert_eq!(
            (assigned.asset.as_str(), assigned.value.as_str()),
            ("SOL", "-10%")
        );
    }
}
