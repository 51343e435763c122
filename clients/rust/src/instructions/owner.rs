//! What owners of margin accounts and providers of liquidity sign.

use plimsoll::accounts as ax;
use plimsoll::instruction as ix;
use plimsoll::instructions::{OrderParams, RequestParams};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_sdk_ids::system_program;

use super::{call, Missing, OrderKeys};
use crate::address;
use crate::venue::Venue;

impl Venue {
    /// Margin account `id` of an owner.
    pub fn margin_account(&self, owner: &Address, id: u16) -> Address {
        address::margin_account(&self.book, owner, id)
    }

    /// `open_account`.
    pub fn open_account(&self, owner: Address, payer: Address, id: u16) -> Instruction {
        let accounts = ax::OpenAccount {
            owner,
            payer,
            book: self.book,
            account: self.margin_account(&owner, id),
            system_program: system_program::ID,
        };
        call(accounts, ix::OpenAccount { id }, [])
    }

    /// `close_account`; the rent goes to `receiver`.
    pub fn close_account(&self, owner: Address, id: u16, receiver: Address) -> Instruction {
        let accounts = ax::CloseAccount {
            owner,
            account: self.margin_account(&owner, id),
            receiver,
        };
        call(accounts, ix::CloseAccount {}, [])
    }

    /// `deposit` from the owner's associated token account.
    ///
    /// # Errors
    /// No bank in the slot.
    pub fn deposit(
        &self,
        owner: Address,
        id: u16,
        slot: u8,
        amount: u64,
    ) -> Result<Instruction, Missing> {
        let keys = self.bank_keys(slot)?;
        let accounts = ax::Deposit {
            owner,
            book: self.book,
            account: self.margin_account(&owner, id),
            bank: keys.bank,
            vault: keys.vault,
            mint: keys.mint,
            source: address::token_account(&owner, &keys.mint, &keys.token_program),
            token_program: keys.token_program,
        };
        Ok(call(accounts, ix::Deposit { amount }, []))
    }

    /// `withdraw` to the owner's associated token account; beyond the deposit only with `borrow`.
    ///
    /// # Errors
    /// No bank in the slot.
    pub fn withdraw(
        &self,
        owner: Address,
        id: u16,
        slot: u8,
        (amount, borrow): (u64, bool),
    ) -> Result<Instruction, Missing> {
        let keys = self.bank_keys(slot)?;
        let accounts = ax::Withdraw {
            owner,
            book: self.book,
            account: self.margin_account(&owner, id),
            bank: keys.bank,
            vault: keys.vault,
            mint: keys.mint,
            destination: address::token_account(&owner, &keys.mint, &keys.token_program),
            token_program: keys.token_program,
        };
        Ok(call(accounts, ix::Withdraw { amount, borrow }, []))
    }

    /// `set_lending`.
    ///
    /// # Errors
    /// No bank in the slot.
    pub fn set_lending(
        &self,
        owner: Address,
        id: u16,
        slot: u8,
        lend: bool,
    ) -> Result<Instruction, Missing> {
        let accounts = ax::SetLending {
            owner,
            book: self.book,
            account: self.margin_account(&owner, id),
            bank: self.bank_keys(slot)?.bank,
        };
        Ok(call(accounts, ix::SetLending { lend }, []))
    }

    /// `set_model`: 0 Standard, 1 Portfolio, 2 Isolated.
    pub fn set_model(&self, owner: Address, id: u16, model: u8) -> Instruction {
        let accounts = ax::SetModel {
            owner,
            book: self.book,
            account: self.margin_account(&owner, id),
        };
        call(accounts, ix::SetModel { model }, [])
    }

    /// `transfer` of quote atoms between two accounts of an owner.
    ///
    /// # Errors
    /// No bank of the quote.
    pub fn transfer(
        &self,
        owner: Address,
        (from, to): (u16, u16),
        amount: u64,
    ) -> Result<Instruction, Missing> {
        let accounts = ax::Transfer {
            owner,
            book: self.book,
            from: self.margin_account(&owner, from),
            to: self.margin_account(&owner, to),
            quote_bank: self.quote_keys()?.bank,
        };
        Ok(call(accounts, ix::Transfer { amount }, []))
    }

    /// `place_order` for a margin account, by its owner or delegate.
    ///
    /// # Errors
    /// No market in the slot.
    pub fn place_order(
        &self,
        trader: Address,
        account: Address,
        slot: u8,
        params: OrderParams,
    ) -> Result<Instruction, Missing> {
        let accounts = ax::PlaceOrder {
            trader,
            payer: trader,
            book: self.book,
            account,
            market: self.market_key(slot)?,
            order: address::order(&account, params.id),
            system_program: system_program::ID,
        };
        Ok(call(accounts, ix::PlaceOrder { params }, []))
    }

    /// `cancel_order`; the keeper's fee goes to `keeper` where the order has lapsed.
    ///
    /// # Errors
    /// No market in the slot.
    pub fn cancel_order(&self, keeper: Address, order: &OrderKeys) -> Result<Instruction, Missing> {
        let accounts = ax::CancelOrder {
            keeper,
            account: order.account,
            market: self.market_key(order.slot)?,
            order: order.order,
            payer: order.payer,
            partner: order.partner,
        };
        Ok(call(accounts, ix::CancelOrder {}, []))
    }

    /// `pool_request` from and to the provider's associated token accounts.
    ///
    /// # Errors
    /// No bank of the quote.
    pub fn pool_request(
        &self,
        provider: Address,
        params: RequestParams,
    ) -> Result<Instruction, Missing> {
        let quote = self.quote_keys()?;
        let accounts = ax::RequestPool {
            provider,
            payer: provider,
            book: self.book,
            pool: self.pool,
            lp_mint: self.lp_mint,
            quote_bank: quote.bank,
            vault: quote.vault,
            mint: quote.mint,
            quote_account: address::token_account(&provider, &quote.mint, &quote.token_program),
            shares_account: address::token_account(&provider, &self.lp_mint, &address::TOKEN),
            request: address::pool_request(&self.pool, &provider, params.id),
            token_program: quote.token_program,
            system_program: system_program::ID,
        };
        Ok(call(accounts, ix::PoolRequest { params }, []))
    }

    /// `fund_insurance` from the payer's associated token account.
    ///
    /// # Errors
    /// No bank of the quote.
    pub fn fund_insurance(&self, payer: Address, amount: u64) -> Result<Instruction, Missing> {
        let quote = self.quote_keys()?;
        let accounts = ax::FundInsurance {
            payer,
            book: self.book,
            quote_bank: quote.bank,
            vault: quote.vault,
            mint: quote.mint,
            source: address::token_account(&payer, &quote.mint, &quote.token_program),
            token_program: quote.token_program,
        };
        Ok(call(accounts, ix::FundInsurance { amount }, []))
    }
}
