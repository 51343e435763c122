//! Pyth's price accounts, byte for byte. Every field is public: a broken update is a good one with a
//! field changed.

use solana_account::Account;
use solana_address::Address;

pub use plimsoll::oracle::pyth_pull::{RECEIVER, RECEIVER_SECOND};

/// Discriminator of `PriceUpdateV2`.
pub const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
/// Bytes of a pull update's account.
pub const UPDATE_BYTES: usize = 134;
/// Bytes of a push account.
pub const PUSH_BYTES: usize = 3_312;
/// Exponent that prices of this crate are written with.
pub const EXPONENT: i32 = -8;
/// Owner of push accounts in these tests; there is no fixed one.
pub const PUSH_PROGRAM: Address = Address::new_from_array(*b"plimsoll tests: pyth push oracle");
/// Status "trading" of a push account.
pub const TRADING: u8 = 1;

/// What is said about a price, in dollars: `150.0`, or `Report::at(150.0).conf(0.1).ema(149.0)`.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Price in 1e-8 dollars.
    pub price: i64,
    /// Confidence in 1e-8 dollars; without one the asset's usual.
    pub conf: Option<u64>,
    /// EMA in 1e-8 dollars; without one the price.
    pub ema: Option<i64>,
}

impl Report {
    /// A price in dollars.
    pub fn at(dollars: impl Into<f64>) -> Self {
        Self::raw(scaled(dollars.into()))
    }

    /// A price in 1e-8 dollars.
    pub fn raw(price: i64) -> Self {
        Self {
            price,
            conf: None,
            ema: None,
        }
    }

    /// With a confidence in dollars.
    pub fn conf(self, dollars: f64) -> Self {
        Self {
            conf: Some(scaled(dollars).unsigned_abs()),
            ..self
        }
    }

    /// With an EMA in dollars.
    pub fn ema(self, dollars: f64) -> Self {
        Self {
            ema: Some(scaled(dollars)),
            ..self
        }
    }
}

impl From<f64> for Report {
    fn from(dollars: f64) -> Self {
        Self::at(dollars)
    }
}

impl From<i32> for Report {
    fn from(dollars: i32) -> Self {
        Self::at(dollars)
    }
}

fn scaled(dollars: f64) -> i64 {
    (dollars * 1e8).round() as i64
}

/// Verification level of a pull update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Every signature was checked.
    Full,
    /// So many signatures were checked.
    Partial(u8),
    /// A tag without a meaning.
    Unknown(u8),
}

/// A pull update, `PriceUpdateV2`.
#[derive(Clone, Copy, Debug)]
pub struct PriceUpdate {
    /// Owner program of the account.
    pub receiver: Address,
    /// First eight bytes.
    pub discriminator: [u8; 8],
    /// Who may overwrite the account.
    pub write_authority: Address,
    /// Verification level.
    pub verification: Verification,
    /// Feed id.
    pub feed_id: [u8; 32],
    /// Price × 10^-exponent.
    pub price: i64,
    /// Confidence, same unit.
    pub conf: u64,
    /// Exponent.
    pub exponent: i32,
    /// Unix seconds.
    pub publish_time: i64,
    /// Unix seconds.
    pub previous_publish_time: i64,
    /// EMA of the price.
    pub ema: i64,
    /// EMA of the confidence.
    pub ema_conf: u64,
    /// Slot it was posted in.
    pub posted_slot: u64,
    /// Length of the account.
    pub bytes: usize,
}

impl PriceUpdate {
    /// A full update of the first receiver.
    pub fn new(feed_id: [u8; 32], price: i64, conf: u64, publish_time: i64, previous: i64) -> Self {
        Self {
            receiver: RECEIVER,
            discriminator: DISCRIMINATOR,
            write_authority: Address::new_from_array([7; 32]),
            verification: Verification::Full,
            feed_id,
            price,
            conf,
            exponent: EXPONENT,
            publish_time,
            previous_publish_time: previous,
            ema: price,
            ema_conf: conf,
            posted_slot: 1,
            bytes: UPDATE_BYTES,
        }
    }

    /// The bytes of the account.
    pub fn data(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(UPDATE_BYTES);
        data.extend(self.discriminator);
        data.extend(self.write_authority.to_bytes());
        match self.verification {
            Verification::Full => data.push(1),
            Verification::Partial(signatures) => data.extend([0, signatures]),
            Verification::Unknown(tag) => data.push(tag),
        }
        data.extend(self.feed_id);
        data.extend(self.price.to_le_bytes());
        data.extend(self.conf.to_le_bytes());
        data.extend(self.exponent.to_le_bytes());
        data.extend(self.publish_time.to_le_bytes());
        data.extend(self.previous_publish_time.to_le_bytes());
        data.extend(self.ema.to_le_bytes());
        data.extend(self.ema_conf.to_le_bytes());
        data.extend(self.posted_slot.to_le_bytes());
        data.resize(self.bytes, 0);
        data
    }

    /// The account.
    pub fn account(&self) -> Account {
        owned(self.data(), self.receiver)
    }
}

/// A push account.
#[derive(Clone, Copy, Debug)]
pub struct PushPrice {
    /// Owner program.
    pub owner: Address,
    /// a1b2c3d4.
    pub magic: u32,
    /// 2.
    pub version: u32,
    /// 3 for a price.
    pub kind: u32,
    /// Price × 10^-exponent.
    pub price: i64,
    /// Confidence, same unit.
    pub conf: u64,
    /// EMA, same unit.
    pub ema: i64,
    /// Exponent.
    pub exponent: i32,
    /// Unix seconds.
    pub timestamp: i64,
    /// 1 is trading.
    pub status: u8,
    /// Length of the account.
    pub bytes: usize,
}

impl PushPrice {
    /// A trading price.
    pub fn new(price: i64, conf: u64, timestamp: i64) -> Self {
        Self {
            owner: PUSH_PROGRAM,
            magic: 0xa1b2_c3d4,
            version: 2,
            kind: 3,
            price,
            conf,
            ema: price,
            exponent: EXPONENT,
            timestamp,
            status: TRADING,
            bytes: PUSH_BYTES,
        }
    }

    /// The account.
    pub fn account(&self) -> Account {
        let mut data = vec![0; PUSH_BYTES];
        let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.magic.to_le_bytes());
        put(4, &self.version.to_le_bytes());
        put(8, &self.kind.to_le_bytes());
        put(12, &(PUSH_BYTES as u32).to_le_bytes());
        put(16, &1u32.to_le_bytes());
        put(20, &self.exponent.to_le_bytes());
        put(48, &self.ema.to_le_bytes());
        put(96, &self.timestamp.to_le_bytes());
        put(208, &self.price.to_le_bytes());
        put(216, &self.conf.to_le_bytes());
        put(224, &[self.status]);
        data.resize(self.bytes, 0);
        owned(data, self.owner)
    }
}

fn owned(data: Vec<u8>, owner: Address) -> Account {
    Account {
        lamports: 1_000_000_000,
        data,
        owner,
        executable: false,
        rent_epoch: u64::MAX,
    }
}
