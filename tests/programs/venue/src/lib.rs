//! A swap program for the tests of `swap_begin` and `swap_end`: as little of one as a swap needs, and an
//! attacker.
//!
//! It trades between two token accounts whose authority it is, at the price the instruction names: tests
//! need good prices and bad ones. And it calls any program with whatever it is given, which is how the
//! tests reach Plimsoll from inside a swap; it passes on what was returned to it, as a program that reads
//! `assess` does; and it returns and logs whatever it is told to, which is how one forges.

use plimsoll_sbf_builtins as _;
use solana_address::{address, Address};

#[cfg(not(feature = "no-entrypoint"))]
mod entrypoint;

/// Where the tests put the program.
pub const ID: Address = address!("Venue11111111111111111111111111111111111111");
/// Seed of the authority over the venue's token accounts: `["venue"]`.
pub const AUTHORITY_SEED: &[u8] = b"venue";

/// What an instruction asks for, as its data says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// Pays tokens in and others out, atoms. Accounts: payer (signer), his source, the venue's account of
    /// that token; the venue's account of the other, his destination; authority, SPL Token.
    Swap {
        /// Atoms the venue receives.
        pays: u64,
        /// Atoms it gives.
        receives: u64,
    },
    /// Calls the program in the first account with the others, each with the rights it has here, and
    /// with this data.
    Call(&'a [u8]),
    /// The same, and returns what that program, and no other, returned to it.
    Relay(&'a [u8]),
    /// As [`Self::Call`], with the venue's authority as a signer: what the vault of a multisig does.
    Sign(&'a [u8]),
    /// Returns these bytes.
    Return(&'a [u8]),
    /// Logs a text of less than 256 bytes, then bytes as an event is logged; either may be empty.
    Log {
        /// The text.
        says: &'a [u8],
        /// The bytes.
        data: &'a [u8],
    },
    /// Logs so many dots.
    Fill(u16),
}

impl<'a> Request<'a> {
    /// The instruction data.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Swap { pays, receives } => {
                let amounts = [pays.to_le_bytes(), receives.to_le_bytes()];
                [&[0], amounts.as_flattened()].concat()
            }
            Self::Call(data) => [&[1], data].concat(),
            Self::Relay(data) => [&[2], data].concat(),
            Self::Return(data) => [&[3], data].concat(),
            Self::Log { says, data } => [&[4, says.len() as u8], says, data].concat(),
            Self::Fill(count) => [&[5], count.to_le_bytes().as_slice()].concat(),
            Self::Sign(data) => [&[6], data].concat(),
        }
    }

    /// Reads instruction data; `None` when it is none.
    pub fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        match kind {
            0 => {
                let (pays, receives) = rest.split_at_checked(8)?;
                Some(Self::Swap {
                    pays: u64::from_le_bytes(pays.try_into().ok()?),
                    receives: u64::from_le_bytes(receives.try_into().ok()?),
                })
            }
            1 => Some(Self::Call(rest)),
            2 => Some(Self::Relay(rest)),
            3 => Some(Self::Return(rest)),
            4 => {
                let (length, rest) = rest.split_first()?;
                let (says, data) = rest.split_at_checked(usize::from(*length))?;
                Some(Self::Log { says, data })
            }
            5 => Some(Self::Fill(u16::from_le_bytes(rest.try_into().ok()?))),
            6 => Some(Self::Sign(rest)),
            _ => None,
        }
    }
}

/// The authority over the venue's token accounts, and its bump.
pub fn authority() -> (Address, u8) {
    Address::find_program_address(&[AUTHORITY_SEED], &ID)
}
