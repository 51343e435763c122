//! The accounts of every instruction, as the program's own client structs: an attack is one of these
//! with a field replaced.
//!
//! ```ignore
//! let accounts = plimsoll::accounts::Deposit { vault: other, ..world.deposit_accounts("alice", 0, USDC) };
//! world.send(&[call(accounts, ix::Deposit { amount: 1 })], &["alice"])
//! ```

use crate::chain::Chain;
use crate::orders::PlacedOrder;
use crate::params::USDC;
use crate::pool::Filed;
use crate::tokens::mint_authority;
use crate::world::{pda, wallet, World};
use anchor_lang::{InstructionData, ToAccountMetas};
use anchor_spl::token::ID as TOKEN_PROGRAM;
use plimsoll::accounts as ax;
use plimsoll::constants::CHANGE_SEED;
use plimsoll::instruction as ix;
use plimsoll::instructions::Tightening;
use plimsoll::state::Patch;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_sdk_ids::system_program::ID as SYSTEM_PROGRAM;
use solana_sdk_ids::sysvar::instructions::ID as INSTRUCTIONS;
use solana_signer::Signer;

/// An instruction of the program.
pub fn call(accounts: impl ToAccountMetas, args: impl InstructionData) -> Instruction {
    call_with(accounts, args, Vec::new())
}

/// The same with remaining accounts.
pub fn call_with(
    accounts: impl ToAccountMetas,
    args: impl InstructionData,
    remaining: Vec<AccountMeta>,
) -> Instruction {
    let mut metas = accounts.to_account_metas(None);
    metas.extend(remaining);
    Instruction {
        program_id: plimsoll::ID,
        accounts: metas,
        data: args.data(),
    }
}

fn key(name: &str) -> Address {
    wallet(name).pubkey()
}

impl<C: Chain> World<C> {
    /// Accounts of `create_exchange`.
    pub fn create_accounts(&self) -> ax::CreateExchange {
        ax::CreateExchange {
            creator: key("authority"),
            payer: key("fee payer"),
            exchange: self.keys.exchange,
            book: self.keys.book,
            system_program: SYSTEM_PROGRAM,
        }
    }

    /// Accounts of `list_asset`.
    pub fn list_asset_accounts(&self) -> ax::ListAsset {
        ax::ListAsset {
            authority: key("authority"),
            exchange: self.keys.exchange,
            book: self.keys.book,
        }
    }

    /// Accounts of `list_scenario`.
    pub fn list_scenario_accounts(&self) -> ax::ListScenario {
        ax::ListScenario {
            authority: key("authority"),
            exchange: self.keys.exchange,
            book: self.keys.book,
        }
    }

    /// Accounts of `list_bank`.
    pub fn list_bank_accounts(&self, slot: u8) -> ax::ListBank {
        let asset = self.asset(slot);
        ax::ListBank {
            authority: key("authority"),
            payer: key("fee payer"),
            exchange: self.keys.exchange,
            change: None,
            change_payer: None,
            book: self.keys.book,
            bank: asset.bank,
            mint: asset.mint,
            mint_authority: self.mint_authority(slot),
            vault: asset.vault,
            token_program: asset.token.program(),
            system_program: SYSTEM_PROGRAM,
        }
    }

    /// Accounts of `list_market`.
    pub fn list_market_accounts(&self, slot: u8) -> ax::ListMarket {
        ax::ListMarket {
            authority: key("authority"),
            payer: key("fee payer"),
            exchange: self.keys.exchange,
            change: None,
            change_payer: None,
            book: self.keys.book,
            market: self.asset(slot).market,
            system_program: SYSTEM_PROGRAM,
        }
    }

    /// Who can mint the token of a bank.
    pub fn mint_authority(&self, slot: u8) -> Option<Address> {
        let mint = self.chain.account(&self.asset(slot).mint)?;
        mint_authority(&mint.data)
    }

    /// Address of change `id`.
    pub fn change_key(&self, id: u64) -> Address {
        pda(&[CHANGE_SEED, self.keys.exchange.as_ref(), &id.to_le_bytes()])
    }

    /// Accounts of `announce_change`.
    pub fn announce_change_accounts(&self, name: &str, id: u64) -> ax::AnnounceChange {
        ax::AnnounceChange {
            authority: key(name),
            payer: key("fee payer"),
            exchange: self.keys.exchange,
            change: self.change_key(id),
            system_program: SYSTEM_PROGRAM,
        }
    }

    /// Accounts of `apply_change`, with those that the patch needs.
    pub fn apply_change_accounts(&self, name: &str, id: u64, patch: &Patch) -> ax::ApplyChange {
        let has_market = |slot: &u8| self.asset(*slot).has_market;
        let (pool, bank, market) = match patch {
            Patch::Pool(_) => (Some(self.keys.pool), None, None),
            Patch::Bank { slot, .. } => (None, Some(self.asset(*slot).bank), None),
            Patch::Market { slot, .. } => (None, None, Some(self.asset(*slot).market)),
            Patch::Asset { slot, .. } if has_market(slot) => {
                (None, None, Some(self.asset(*slot).market))
            }
            _ => (None, None, None),
        };
        ax::ApplyChange {
            applier: key(name),
            payer: key("fee payer"),
            exchange: self.keys.exchange,
            change: self.change_key(id),
            book: self.keys.book,
            pool,
            bank,
            market,
        }
    }

    /// Accounts of `cancel_change`.
    pub fn cancel_change_accounts(&self, name: &str, id: u64) -> ax::CancelChange {
        ax::CancelChange {
            signer: key(name),
            payer: key("fee payer"),
            exchange: self.keys.exchange,
            change: self.change_key(id),
        }
    }

    /// Accounts of `tighten`, with bank or market of `slot` where their caps fall.
    pub fn tighten_accounts(&self, name: &str, tightening: &Tightening, slot: u8) -> ax::Tighten {
        let of_bank = matches!(tightening, Tightening::BankCaps { .. });
        let of_market = matches!(tightening, Tightening::MarketCaps { .. });
        ax::Tighten {
            guardian: key(name),
            exchange: self.keys.exchange,
            book: self.keys.book,
            bank: of_bank.then(|| self.asset(slot).bank),
            market: of_market.then(|| self.asset(slot).market),
        }
    }

    /// Accounts of `collect_fees`, to a wallet's own tokens.
    pub fn collect_fees_accounts(&self, name: &str, to: &str, slot: u8) -> ax::CollectFees {
        let asset = self.asset(slot);
        ax::CollectFees {
            authority: key(name),
            exchange: self.keys.exchange,
            book: self.keys.book,
            bank: asset.bank,
            vault: asset.vault,
            mint: asset.mint,
            destination: self.token_key(to, slot),
            token_program: asset.token.program(),
        }
    }

    /// Accounts of `fund_insurance`.
    pub fn fund_insurance_accounts(&self, name: &str) -> ax::FundInsurance {
        let quote = self.quote();
        ax::FundInsurance {
            payer: key(name),
            book: self.keys.book,
            quote_bank: quote.bank,
            vault: quote.vault,
            mint: quote.mint,
            source: self.token_key(name, USDC),
            token_program: TOKEN_PROGRAM,
        }
    }

    /// Accounts of `launch`.
    pub fn launch_accounts(&self) -> ax::Launch {
        ax::Launch {
            authority: key("authority"),
            payer: key("fee payer"),
            exchange: self.keys.exchange,
            book: self.keys.book,
            quote_bank: self.quote().bank,
            pool: self.keys.pool,
            lp_mint: self.keys.lp_mint,
            token_program: TOKEN_PROGRAM,
            system_program: SYSTEM_PROGRAM,
        }
    }

    /// Accounts of `pool_request`; the provider pays rent and keeper fee.
    pub fn pool_request_accounts(&self, name: &str, id: u64) -> ax::RequestPool {
        let quote = self.quote();
        ax::RequestPool {
            provider: key(name),
            payer: key(name),
            book: self.keys.book,
            pool: self.keys.pool,
            lp_mint: self.keys.lp_mint,
            quote_bank: quote.bank,
            vault: quote.vault,
            mint: quote.mint,
            quote_account: self.token_key(name, USDC),
            shares_account: self.shares_key(name),
            request: self.request_key(name, id),
            token_program: TOKEN_PROGRAM,
            system_program: SYSTEM_PROGRAM,
        }
    }

    /// Accounts of `pool_price`; remaining: one price account per slot.
    pub fn pool_price_accounts(&self, filed: &Filed) -> ax::PricePool {
        ax::PricePool {
            book: self.keys.book,
            request: filed.key,
        }
    }

    /// Accounts of `pool_execute`; remaining: [`Self::all_markets`].
    pub fn pool_execute_accounts(&self, keeper: &str, filed: &Filed) -> ax::ExecutePool {
        let quote = self.quote();
        ax::ExecutePool {
            keeper: key(keeper),
            book: self.keys.book,
            pool: self.keys.pool,
            lp_mint: self.keys.lp_mint,
            quote_bank: quote.bank,
            vault: quote.vault,
            mint: quote.mint,
            request: filed.key,
            payer: filed.payer,
            quote_account: self.token_key(&filed.name, USDC),
            shares_account: self.shares_key(&filed.name),
            token_program: TOKEN_PROGRAM,
        }
    }

    /// Accounts of `open_account`.
    pub fn open_accounts(&self, name: &str, id: u16) -> ax::OpenAccount {
        ax::OpenAccount {
            owner: key(name),
            payer: key("fee payer"),
            book: self.keys.book,
            account: self.account_key(name, id),
            system_program: SYSTEM_PROGRAM,
        }
    }

    /// Accounts of `close_account`; the owner receives the rent.
    pub fn close_accounts(&self, name: &str, id: u16) -> ax::CloseAccount {
        ax::CloseAccount {
            owner: key(name),
            account: self.account_key(name, id),
            receiver: key(name),
        }
    }

    /// Accounts of `set_model`.
    pub fn set_model_accounts(&self, name: &str, id: u16) -> ax::SetModel {
        ax::SetModel {
            owner: key(name),
            book: self.keys.book,
            account: self.account_key(name, id),
        }
    }

    /// Accounts of `set_delegate`.
    pub fn set_delegate_accounts(&self, name: &str, id: u16) -> ax::SetDelegate {
        ax::SetDelegate {
            owner: key(name),
            account: self.account_key(name, id),
        }
    }

    /// Accounts of `transfer` between two accounts of a wallet.
    pub fn transfer_accounts(&self, name: &str, from: u16, to: u16) -> ax::Transfer {
        ax::Transfer {
            owner: key(name),
            book: self.keys.book,
            from: self.account_key(name, from),
            to: self.account_key(name, to),
            quote_bank: self.quote().bank,
        }
    }

    /// Accounts of `deposit`.
    pub fn deposit_accounts(&self, name: &str, id: u16, slot: u8) -> ax::Deposit {
        let asset = self.asset(slot);
        ax::Deposit {
            owner: key(name),
            book: self.keys.book,
            account: self.account_key(name, id),
            bank: asset.bank,
            vault: asset.vault,
            mint: asset.mint,
            source: self.token_key(name, slot),
            token_program: asset.token.program(),
        }
    }

    /// Accounts of `set_lending`.
    pub fn set_lending_accounts(&self, name: &str, id: u16, slot: u8) -> ax::SetLending {
        ax::SetLending {
            owner: key(name),
            book: self.keys.book,
            account: self.account_key(name, id),
            bank: self.asset(slot).bank,
        }
    }

    /// `sync` of every bank and no market.
    pub fn sync_banks_instruction(&self) -> Instruction {
        call_with(self.sync_accounts(), ix::Sync {}, self.other_banks())
    }

    /// Every bank but the quote's, writable.
    pub fn other_banks(&self) -> Vec<AccountMeta> {
        let quote = self.quote().slot;
        let others = self.assets.iter();
        let others = others.filter(|asset| asset.has_bank && asset.slot != quote);
        others.map(|asset| meta(asset.bank, true)).collect()
    }

    /// Accounts of `withdraw`.
    pub fn withdraw_accounts(&self, name: &str, id: u16, slot: u8) -> ax::Withdraw {
        let asset = self.asset(slot);
        ax::Withdraw {
            owner: key(name),
            book: self.keys.book,
            account: self.account_key(name, id),
            bank: asset.bank,
            vault: asset.vault,
            mint: asset.mint,
            destination: self.token_key(name, slot),
            token_program: asset.token.program(),
        }
    }

    /// Accounts of `swap_begin`.
    pub fn swap_begin_accounts(&self, name: &str, id: u16, slot: u8) -> ax::SwapBegin {
        let asset = self.asset(slot);
        ax::SwapBegin {
            owner: key(name),
            book: self.keys.book,
            account: self.account_key(name, id),
            bank: asset.bank,
            vault: asset.vault,
            mint: asset.mint,
            destination: self.token_key(name, slot),
            token_program: TOKEN_PROGRAM,
            instructions: INSTRUCTIONS,
        }
    }

    /// Accounts of `swap_end`.
    pub fn swap_end_accounts(&self, name: &str, id: u16, slot: u8) -> ax::SwapEnd {
        let asset = self.asset(slot);
        ax::SwapEnd {
            owner: key(name),
            book: self.keys.book,
            account: self.account_key(name, id),
            bank: asset.bank,
            vault: asset.vault,
            mint: asset.mint,
            source: self.token_key(name, slot),
            token_program: TOKEN_PROGRAM,
        }
    }

    /// Accounts of `place_order`; the owner pays rent and keeper fee.
    pub fn place_accounts(&self, name: &str, id: u16, slot: u8, order: u64) -> ax::PlaceOrder {
        let account = self.account_key(name, id);
        ax::PlaceOrder {
            trader: key(name),
            payer: key(name),
            book: self.keys.book,
            account,
            market: self.asset(slot).market,
            order: self.order_key(&account, order),
            system_program: SYSTEM_PROGRAM,
        }
    }

    /// Accounts of `execute_order` on the update in `price`.
    pub fn execute_accounts(
        &self,
        keeper: &str,
        order: &PlacedOrder,
        price: Address,
    ) -> ax::ExecuteOrder {
        ax::ExecuteOrder {
            keeper: key(keeper),
            book: self.keys.book,
            account: order.account,
            market: self.asset(order.slot).market,
            order: order.key,
            payer: order.payer,
            price,
            partner: order.partner,
        }
    }

    /// Accounts of `cancel_order`.
    pub fn cancel_accounts(&self, keeper: &str, order: &PlacedOrder) -> ax::CancelOrder {
        ax::CancelOrder {
            keeper: key(keeper),
            account: order.account,
            market: self.asset(order.slot).market,
            order: order.key,
            payer: order.payer,
            partner: order.partner,
        }
    }

    /// Accounts of `refresh`; remaining: [`Self::feed_accounts`].
    pub fn refresh_accounts(&self) -> ax::Refresh {
        ax::Refresh {
            book: self.keys.book,
        }
    }

    /// Accounts of `sync`; remaining: [`Self::all_markets`], [`Self::other_banks`].
    pub fn sync_accounts(&self) -> ax::SyncBook {
        ax::SyncBook {
            book: self.keys.book,
            quote_bank: self.quote().bank,
            pool: self.keys.pool,
        }
    }

    /// Accounts of `deleverage`; remaining: [`Self::all_markets`].
    pub fn deleverage_accounts(&self) -> ax::Deleverage {
        ax::Deleverage {
            book: self.keys.book,
            quote_bank: self.quote().bank,
            pool: self.keys.pool,
        }
    }

    /// Accounts of `settle`; remaining: [`Self::markets_of`].
    pub fn settle_accounts(&self, account: Address) -> ax::Settle {
        ax::Settle {
            book: self.keys.book,
            account,
            quote_bank: self.quote().bank,
            pool: self.keys.pool,
        }
    }

    /// Accounts of `call_margin`.
    pub fn call_margin_accounts(&self, account: Address) -> ax::CallMargin {
        ax::CallMargin {
            book: self.keys.book,
            account,
        }
    }

    /// Accounts of `liquidate`, with the quote bank; remaining: the markets of the position legs.
    pub fn liquidate_accounts(&self, keeper: &str, account: Address) -> ax::Liquidate {
        ax::Liquidate {
            keeper: key(keeper),
            book: self.keys.book,
            keeper_account: self.account_key(keeper, 0),
            account,
            quote_bank: Some(self.quote().bank),
        }
    }

    /// Accounts of `settle_bad_debt`, with the keeper's account; remaining: [`Self::banks_of`].
    pub fn settle_bad_debt_accounts(&self, keeper: &str, account: Address) -> ax::SettleBadDebt {
        ax::SettleBadDebt {
            keeper: key(keeper),
            book: self.keys.book,
            keeper_account: Some(self.account_key(keeper, 0)),
            account,
            quote_bank: self.quote().bank,
            pool: self.keys.pool,
        }
    }

    /// Accounts of `assess`.
    pub fn assess_accounts(&self, account: Address) -> ax::Assess {
        ax::Assess {
            book: self.keys.book,
            account,
        }
    }

    /// Every market in the order of the slots.
    pub fn all_markets(&self, writable: bool) -> Vec<AccountMeta> {
        let markets = self.assets.iter().filter(|asset| asset.has_market);
        markets.map(|asset| meta(asset.market, writable)).collect()
    }

    /// The markets of an account's positions in the order of their places, writable.
    pub fn markets_of(&self, account: &Address) -> Vec<AccountMeta> {
        let account = self.margin_account(account);
        let places = account.positions.iter().filter(|place| !place.is_free());
        places
            .map(|place| meta(self.asset(place.slot).market, true))
            .collect()
    }

    /// The banks of an account's balances besides the quote's in the order of their places, writable.
    pub fn banks_of(&self, account: &Address) -> Vec<AccountMeta> {
        let account = self.margin_account(account);
        let places = account.balances.iter().skip(1);
        let places = places.filter(|balance| balance.amount != 0);
        places
            .map(|balance| meta(self.asset(balance.slot).bank, true))
            .collect()
    }

    /// The price accounts of slots, each followed by the stake pool where there is one.
    pub fn feed_accounts(&self, slots: &[u8]) -> Vec<AccountMeta> {
        let of_slot = |slot: &u8| {
            let price = meta(self.asset(*slot).feed.account, false);
            core::iter::once(price).chain(self.stake_pool_account(*slot))
        };
        slots.iter().flat_map(of_slot).collect()
    }
}

/// An account that does not sign.
pub fn meta(key: Address, writable: bool) -> AccountMeta {
    if writable {
        AccountMeta::new(key, false)
    } else {
        AccountMeta::new_readonly(key, false)
    }
}
