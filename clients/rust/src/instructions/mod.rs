//! Instructions of a [`Venue`], with every account in its place.

mod crank;
mod owner;

use anchor_lang::{InstructionData, ToAccountMetas};
use plimsoll::state::Order;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::venue::{BankKeys, Venue};

/// What the exchange does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// No bank.
    #[error("expected a bank in slot {0}, the exchange has none there")]
    Bank(u8),
    /// No market.
    #[error("expected a market in slot {0}, the exchange has none there")]
    Market(u8),
    /// No asset.
    #[error("expected an asset in slot {0}, the exchange has none there")]
    Asset(u8),
}

/// What names an order to whoever executes or cancels it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderKeys {
    /// The order.
    pub order: Address,
    /// Its margin account.
    pub account: Address,
    /// Slot of its market.
    pub slot: u8,
    /// Who receives its rent.
    pub payer: Address,
    /// The order it is paired with.
    pub partner: Option<Address>,
}

impl OrderKeys {
    /// Of an order at `key`.
    pub fn of(key: Address, order: &Order) -> Self {
        Self {
            order: key,
            account: order.account,
            slot: order.slot,
            payer: order.payer,
            partner: (order.partner != Address::default()).then_some(order.partner),
        }
    }
}

/// An instruction of the program.
pub fn call(
    accounts: impl ToAccountMetas,
    args: impl InstructionData,
    remaining: impl IntoIterator<Item = AccountMeta>,
) -> Instruction {
    let mut metas = accounts.to_account_metas(None);
    metas.extend(remaining);
    Instruction {
        program_id: plimsoll::ID,
        accounts: metas,
        data: args.data(),
    }
}

impl Venue {
    fn bank_keys(&self, slot: u8) -> Result<&BankKeys, Missing> {
        self.bank(slot).ok_or(Missing::Bank(slot))
    }

    fn market_key(&self, slot: u8) -> Result<Address, Missing> {
        self.market(slot).ok_or(Missing::Market(slot))
    }

    fn quote_keys(&self) -> Result<&BankKeys, Missing> {
        self.bank_keys(self.quote_slot)
    }

    /// Every market by slot, those that `writable` says so of writable.
    fn markets(&self, writable: impl Fn(u8) -> bool) -> impl Iterator<Item = AccountMeta> {
        let of = |listing: &crate::venue::Listing| {
            let market = listing.market?;
            Some(if writable(listing.slot) {
                AccountMeta::new(market, false)
            } else {
                AccountMeta::new_readonly(market, false)
            })
        };
        let markets: Vec<_> = self.listings.iter().filter_map(of).collect();
        markets.into_iter()
    }

    /// Every bank but the quote's, writable.
    fn other_banks(&self) -> impl Iterator<Item = AccountMeta> + '_ {
        let others = self.listings.iter();
        let others = others.filter(|listing| listing.slot != self.quote_slot);
        others.filter_map(|listing| Some(AccountMeta::new(listing.bank.as_ref()?.bank, false)))
    }
}
