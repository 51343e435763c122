//! What anybody may do, and keepers do.

use plimsoll::accounts as ax;
use plimsoll::instruction as ix;
use plimsoll::instructions::{leg_kind, LiquidationLeg};
use plimsoll::state::{MarginAccount, ParameterChange, Patch, PoolRequest};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::{call, Missing, OrderKeys};
use crate::address;
use crate::venue::Venue;

fn read(key: Address) -> AccountMeta {
    AccountMeta::new_readonly(key, false)
}

fn write(key: Address) -> AccountMeta {
    AccountMeta::new(key, false)
}

impl Venue {
    /// `refresh` of assets, each from the price account given with its slot.
    ///
    /// # Errors
    /// No asset in a slot.
    pub fn refresh(&self, prices: &[(u8, Address)]) -> Result<Instruction, Missing> {
        let mut remaining = Vec::with_capacity(prices.len());
        for (slot, price) in prices {
            let listing = self.listing(*slot).ok_or(Missing::Asset(*slot))?;
            remaining.push(read(*price));
            remaining.extend(listing.stake_pool.map(read));
        }
        let slots = prices.iter().map(|(slot, _)| *slot).collect();
        let accounts = ax::Refresh { book: self.book };
        Ok(call(accounts, ix::Refresh { slots }, remaining))
    }

    /// `sync` of every market and bank.
    ///
    /// # Errors
    /// No bank of the quote.
    pub fn sync(&self) -> Result<Instruction, Missing> {
        let accounts = ax::SyncBook {
            book: self.book,
            quote_bank: self.quote_keys()?.bank,
            pool: self.pool,
        };
        let remaining = self.markets(|_| true).chain(self.other_banks());
        Ok(call(accounts, ix::Sync {}, remaining))
    }

    /// `settle` of a margin account.
    ///
    /// # Errors
    /// No bank of the quote, no market of a position.
    pub fn settle(&self, key: Address, account: &MarginAccount) -> Result<Instruction, Missing> {
        let accounts = ax::Settle {
            book: self.book,
            account: key,
            quote_bank: self.quote_keys()?.bank,
            pool: self.pool,
        };
        let places = account.positions.iter().filter(|place| !place.is_free());
        let markets = places.map(|place| self.market_key(place.slot).map(write));
        let markets = markets.collect::<Result<Vec<_>, _>>()?;
        Ok(call(accounts, ix::Settle {}, markets))
    }

    /// `call_margin`: observes an account.
    pub fn call_margin(&self, account: Address) -> Instruction {
        let accounts = ax::CallMargin {
            book: self.book,
            account,
        };
        call(accounts, ix::CallMargin {}, [])
    }

    /// `assess`: health as return data.
    pub fn assess(&self, account: Address) -> Instruction {
        let accounts = ax::Assess {
            book: self.book,
            account,
        };
        call(accounts, ix::Assess {}, [])
    }

    /// `execute_order` on the update in `price`.
    ///
    /// # Errors
    /// No market in the slot.
    pub fn execute_order(
        &self,
        keeper: Address,
        order: &OrderKeys,
        price: Address,
    ) -> Result<Instruction, Missing> {
        let accounts = ax::ExecuteOrder {
            keeper,
            book: self.book,
            account: order.account,
            market: self.market_key(order.slot)?,
            order: order.order,
            payer: order.payer,
            price,
            partner: order.partner,
        };
        Ok(call(accounts, ix::ExecuteOrder {}, []))
    }

    /// `liquidate` of legs of an account, for the keeper's own margin account.
    ///
    /// # Errors
    /// No market of a position leg, no bank of another.
    pub fn liquidate(
        &self,
        keeper: Address,
        (keeper_account, account): (Address, Address),
        legs: Vec<LiquidationLeg>,
    ) -> Result<Instruction, Missing> {
        let (mut markets, mut banks) = (Vec::new(), Vec::new());
        for leg in &legs {
            if leg.kind == leg_kind::POSITION {
                markets.push(write(self.market_key(leg.slot)?));
            } else {
                banks.push(write(self.bank_keys(leg.slot)?.bank));
            }
        }
        let exchanges = !banks.is_empty();
        let quote_bank = self.quote_keys()?.bank;
        let accounts = ax::Liquidate {
            keeper,
            book: self.book,
            keeper_account,
            account,
            quote_bank: exchanges.then_some(quote_bank),
        };
        let remaining = markets.into_iter().chain(banks);
        Ok(call(accounts, ix::Liquidate { legs }, remaining))
    }

    /// `settle_bad_debt` of a bankrupt account; the keeper's margin account receives what pays for it.
    ///
    /// # Errors
    /// No bank of a balance.
    pub fn settle_bad_debt(
        &self,
        keeper: Address,
        keeper_account: Option<Address>,
        (key, account): (Address, &MarginAccount),
    ) -> Result<Instruction, Missing> {
        let accounts = ax::SettleBadDebt {
            keeper,
            book: self.book,
            keeper_account,
            account: key,
            quote_bank: self.quote_keys()?.bank,
            pool: self.pool,
        };
        let balances = account.balances.iter().skip(1);
        let balances = balances.filter(|balance| balance.amount != 0);
        let banks = balances.map(|balance| Ok(write(self.bank_keys(balance.slot)?.bank)));
        let banks = banks.collect::<Result<Vec<_>, _>>()?;
        Ok(call(accounts, ix::SettleBadDebt {}, banks))
    }

    /// `deleverage` of the market in `slot`.
    ///
    /// # Errors
    /// No bank of the quote.
    pub fn deleverage(&self, slot: u8) -> Result<Instruction, Missing> {
        let accounts = ax::Deleverage {
            book: self.book,
            quote_bank: self.quote_keys()?.bank,
            pool: self.pool,
        };
        let markets = self.markets(|market| market == slot);
        Ok(call(accounts, ix::Deleverage { slot }, markets))
    }

    /// `pool_price`: records the determined updates of a request, each from the account given with its slot.
    pub fn pool_price(&self, request: Address, prices: &[(u8, Address)]) -> Instruction {
        let accounts = ax::PricePool {
            book: self.book,
            request,
        };
        let slots = prices.iter().map(|(slot, _)| *slot).collect();
        let remaining = prices.iter().map(|(_, price)| read(*price));
        call(accounts, ix::PoolPrice { slots }, remaining)
    }

    /// `pool_execute`: ends a request.
    ///
    /// # Errors
    /// No bank of the quote.
    pub fn pool_execute(
        &self,
        keeper: Address,
        (key, request): (Address, &PoolRequest),
    ) -> Result<Instruction, Missing> {
        let quote = self.quote_keys()?;
        let accounts = ax::ExecutePool {
            keeper,
            book: self.book,
            pool: self.pool,
            lp_mint: self.lp_mint,
            quote_bank: quote.bank,
            vault: quote.vault,
            mint: quote.mint,
            request: key,
            payer: request.payer,
            quote_account: request.quote_account,
            shares_account: request.shares_account,
            token_program: quote.token_program,
        };
        let markets = self.markets(|_| true);
        Ok(call(accounts, ix::PoolExecute {}, markets))
    }

    /// `apply_change` of an announced change that is due.
    ///
    /// # Errors
    /// No bank or market of what it changes.
    pub fn apply_change(
        &self,
        applier: Address,
        change: &ParameterChange,
    ) -> Result<Instruction, Missing> {
        let (pool, bank, market) = match &change.patch {
            Patch::Pool(_) => (Some(self.pool), None, None),
            Patch::Bank { slot, .. } => (None, Some(self.bank_keys(*slot)?.bank), None),
            Patch::Market { slot, .. } => (None, None, Some(self.market_key(*slot)?)),
            Patch::Asset { slot, .. } => (None, None, self.market(*slot)),
            _ => (None, None, None),
        };
        let accounts = ax::ApplyChange {
            applier,
            payer: change.payer,
            exchange: self.exchange,
            change: address::change(&self.exchange, change.id),
            book: self.book,
            pool,
            bank,
            market,
        };
        Ok(call(accounts, ix::ApplyChange {}, []))
    }
}
