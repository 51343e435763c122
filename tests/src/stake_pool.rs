//! Stake pool accounts, byte for byte. Every field is public: a broken pool is a good one with a field
//! changed.

use solana_account::Account;
use solana_address::Address;

use crate::accounts::meta;
use crate::chain::Chain;
use crate::world::World;
use solana_instruction::AccountMeta;

pub use plimsoll::oracle::stake_pool::{SANCTUM_MULTI, SANCTUM_SINGLE, SPL};

/// Account type of a stake pool.
pub const STAKE_POOL: u8 = 1;
/// Account type of a list of validators.
pub const VALIDATOR_LIST: u8 = 2;
/// Bytes of a pool's account.
pub const POOL_BYTES: usize = 611;
/// Bytes up to the end of the last field that a rate needs.
pub const LEAST_BYTES: usize = 282;

/// A stake pool.
#[derive(Clone, Copy, Debug)]
pub struct StakePool {
    /// Owner program of the account.
    pub owner: Address,
    /// First byte.
    pub kind: u8,
    /// Mint of the pool's token.
    pub mint: Address,
    /// Lamports under management.
    pub held: u64,
    /// Atoms of the pool's token.
    pub supply: u64,
    /// Epoch as of which both were computed.
    pub epoch: u64,
    /// Length of the account.
    pub bytes: usize,
}

impl StakePool {
    /// A million tokens of nine decimals that redeem for `rate` SOL each, in epoch 0.
    pub fn redeeming(rate: f64) -> Self {
        Self {
            owner: SPL,
            kind: STAKE_POOL,
            mint: Address::new_from_array([9; 32]),
            held: (rate * 1e15).round() as u64,
            supply: 1_000_000_000_000_000,
            epoch: 0,
            bytes: POOL_BYTES,
        }
    }

    /// The account.
    pub fn account(&self) -> Account {
        let key = |number: u8| [number; 32];
        let mut data = Vec::with_capacity(POOL_BYTES);
        data.push(self.kind);
        for of_manager_staker_depositor in [11, 12, 13] {
            data.extend(key(of_manager_staker_depositor));
        }
        // Bump of the withdraw authority.
        data.push(255);
        for of_validators_reserve in [14, 15] {
            data.extend(key(of_validators_reserve));
        }
        data.extend(self.mint.to_bytes());
        data.extend(key(16));
        data.extend(anchor_spl::token::ID.to_bytes());
        for number in [self.held, self.supply, self.epoch] {
            data.extend(number.to_le_bytes());
        }
        data.resize(self.bytes, 0);
        Account {
            lamports: 1_000_000_000,
            data,
            owner: self.owner,
            executable: false,
            rent_epoch: u64::MAX,
        }
    }
}

impl<C: Chain> World<C> {
    /// The stake pool of a liquid-staking token as its account is now, to be changed and published.
    pub fn stake_pool(&self, slot: u8) -> StakePool {
        self.asset(slot).stake_pool.expect("it has a stake pool").1
    }

    /// Writes the stake pool's account.
    pub fn publish_pool(&mut self, slot: u8, pool: StakePool) {
        let place = &mut self.assets[usize::from(slot)].stake_pool;
        let (key, held) = place.as_mut().expect("it has a stake pool");
        let key = *key;
        *held = pool;
        self.chain.set_account(key, pool.account());
    }

    /// The stake pool redeems a token for `rate` of the underlying, as of now.
    pub fn redeems(&mut self, slot: u8, rate: f64) {
        let pool = StakePool {
            epoch: self.chain.epoch(),
            owner: self.stake_pool(slot).owner,
            ..StakePool::redeeming(rate)
        };
        self.publish_pool(slot, pool);
    }

    /// The stake pool's account of a slot that has one.
    pub fn stake_pool_account(&self, slot: u8) -> Option<AccountMeta> {
        // Slots beyond the assets are tests' own.
        let asset = self.assets.get(usize::from(slot))?;
        asset.stake_pool.map(|(key, _)| meta(key, false))
    }
}
