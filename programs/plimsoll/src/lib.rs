//! Plimsoll: margin accounts whose requirement follows the market.
//!
//! Each function delegates in one line; the handler's file states its requirements, the accounts and
//! the events.
#![allow(missing_docs, reason = "Anchor generates items without them")]

use anchor_lang::prelude::*;
use plimsoll_sbf_builtins as _;

pub mod asset_limits;
pub mod balances;
pub mod changes;
pub mod constants;
pub mod error;
pub mod events;
pub mod fill;
pub mod health_gate;
pub mod instructions;
pub mod liquid_staking;
pub mod liquidating;
pub mod loader;
pub mod losses;
pub mod mints;
pub mod oracle;
pub mod order_price;
pub mod partner;
pub mod pool_end;
pub mod pool_value;
pub mod positions;
pub mod rates_ppm;
pub mod refusal;
pub mod risk_model;
pub mod state;
pub mod token_moves;
pub mod transaction;

use instructions::*;
use state::Patch;

// Whom to tell what, for whoever finds the binary on a chain and not the repository.
#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "Plimsoll",
    project_url: "unpublished",
    contacts: "other:private vulnerability reporting of the source repository",
    policy: "SECURITY.md of the source repository",
    preferred_languages: "en",
    auditors: "None"
}

declare_id!("E5ECNgKF2S71DBefFt7FsPSvWX4F2YNAR7ALmLrtMnsQ");

/// The instructions.
#[program]
pub mod plimsoll {
    use super::*;

    /// Creates an exchange and binds a zeroed book to it. Emits `ExchangeCreated`.
    pub fn create_exchange(
        ctx: Context<CreateExchange>,
        id: u64,
        roles: Roles,
        params: ExchangeParams,
    ) -> Result<()> {
        exchange::create_exchange::handle_create_exchange(ctx, id, roles, params)
    }

    /// Lists an asset in the next slot of the book; before launch. Emits `AssetListed`.
    pub fn list_asset(ctx: Context<ListAsset>, params: AssetParams) -> Result<()> {
        exchange::list_asset::handle_list_asset(ctx, params)
    }

    /// Creates the bank of an asset; after launch as announced. Emits `BankListed`.
    pub fn list_bank(ctx: Context<ListBank>, slot: u8, params: BankParams) -> Result<()> {
        exchange::list_bank::handle_list_bank(ctx, slot, params)
    }

    /// Creates the market of an asset; before launch. Emits `MarketListed`.
    pub fn list_market(ctx: Context<ListMarket>, slot: u8, params: MarketParams) -> Result<()> {
        exchange::list_market::handle_list_market(ctx, slot, params)
    }

    /// Appends a stress scenario; before launch. Emits `ScenarioListed`.
    pub fn list_scenario(ctx: Context<ListScenario>, shocks: Vec<i16>) -> Result<()> {
        exchange::list_scenario::handle_list_scenario(ctx, shocks)
    }

    /// Pays quote into the insurance fund; anyone, also before launch. Emits `InsuranceFunded`.
    pub fn fund_insurance(ctx: Context<FundInsurance>, amount: u64) -> Result<()> {
        exchange::fund_insurance::handle_fund_insurance(ctx, amount)
    }

    /// Opens the exchange for good and creates the pool. Emits `Launched`.
    pub fn launch(ctx: Context<Launch>, params: PoolParams) -> Result<()> {
        exchange::launch::handle_launch(ctx, params)
    }

    /// Opens a margin account. Emits `AccountOpened`.
    pub fn open_account(ctx: Context<OpenAccount>, id: u16) -> Result<()> {
        account::open_account::handle_open_account(ctx, id)
    }

    /// Closes an empty margin account. Emits `AccountClosed`.
    pub fn close_account(ctx: Context<CloseAccount>) -> Result<()> {
        account::close_account::handle_close_account(ctx)
    }

    /// Sets the margin model: 0 Standard, 1 Portfolio, 2 Isolated. Emits `ModelChanged`.
    pub fn set_model(ctx: Context<SetModel>, model: u8) -> Result<()> {
        account::set_model::handle_set_model(ctx, model)
    }

    /// Names who besides the owner may place and cancel orders, and for how much in a day; the zero key
    /// is nobody. Emits `DelegateSet`.
    pub fn set_delegate(
        ctx: Context<SetDelegate>,
        delegate: Pubkey,
        daily_notional: u64,
    ) -> Result<()> {
        account::set_delegate::handle_set_delegate(ctx, delegate, daily_notional)
    }

    /// Deposits tokens; the owner only. Emits `Deposited`, and `CallCleared` where it clears a call.
    pub fn deposit(ctx: Context<Deposit>, amount: u64) -> Result<()> {
        account::deposit::handle_deposit(ctx, amount)
    }

    /// Withdraws tokens, everything for an amount of 2^64 − 1; borrows only if asked to. Emits
    /// `Withdrawn`.
    pub fn withdraw(ctx: Context<Withdraw>, amount: u64, borrow: bool) -> Result<()> {
        account::withdraw::handle_withdraw(ctx, amount, borrow)
    }

    /// Moves quote between two margin accounts of one owner, everything for an amount of 2^64 − 1. Emits
    /// `Transferred`, and `CallCleared` where it clears a call.
    pub fn transfer(ctx: Context<Transfer>, amount: u64) -> Result<()> {
        account::transfer::handle_transfer(ctx, amount)
    }

    /// Takes tokens out, for a swap that ends in a later top-level instruction of the same transaction;
    /// borrows only if asked to. Emits `SwapBegun`.
    pub fn swap_begin(ctx: Context<SwapBegin>, amount: u64, borrow: bool) -> Result<()> {
        account::swap_begin::handle_swap_begin(ctx, amount, borrow)
    }

    /// Ends the swap: deposits all that the token account holds above `keep` atoms and runs the gate.
    /// Emits `SwapEnded`, and `CallCleared` where it clears a call.
    pub fn swap_end(ctx: Context<SwapEnd>, keep: u64) -> Result<()> {
        account::swap_end::handle_swap_end(ctx, keep)
    }

    /// Lends a deposit, or ends lending it. Emits `LendingSet`.
    pub fn set_lending(ctx: Context<SetLending>, lend: bool) -> Result<()> {
        account::set_lending::handle_set_lending(ctx, lend)
    }

    /// Asks for a deposit into the pool or a withdrawal from it, at prices after the cool-down; cannot be
    /// taken back. Emits `PoolRequested`.
    pub fn pool_request(ctx: Context<RequestPool>, params: RequestParams) -> Result<()> {
        pool::pool_request::handle_pool_request(ctx, params)
    }

    /// Records determined prices in a request; remaining accounts: one price account per slot. Emits
    /// `PoolPriced` per slot.
    pub fn pool_price<'info>(ctx: Context<'info, PricePool<'info>>, slots: Vec<u8>) -> Result<()> {
        pool::pool_price::handle_pool_price(ctx, slots)
    }

    /// Executes a request, or returns what it holds if that is refused or it has lapsed; remaining
    /// accounts: every market by slot. Emits `PoolExecuted` or `PoolRefused`.
    pub fn pool_execute<'info>(ctx: Context<'info, ExecutePool<'info>>) -> Result<()> {
        pool::pool_execute::handle_pool_execute(ctx)
    }

    /// Places a market, limit, stop or take-profit order. Emits `OrderPlaced`.
    pub fn place_order(ctx: Context<PlaceOrder>, params: OrderParams) -> Result<()> {
        trade::place_order::handle_place_order(ctx, params)
    }

    /// Executes a market order on the update determined for it, or a resting order on one that meets its
    /// condition. Emits `OrderExecuted` or `OrderRefused`.
    pub fn execute_order(ctx: Context<ExecuteOrder>) -> Result<()> {
        trade::execute_order::handle_execute_order(ctx)
    }

    /// Removes a lapsed market order, or a resting order that is not wanted or cannot execute any more.
    /// Emits `OrderLapsed` or `OrderCancelled`.
    pub fn cancel_order(ctx: Context<CancelOrder>) -> Result<()> {
        trade::cancel_order::handle_cancel_order(ctx)
    }

    /// Writes prices to the book and moves the risk model; remaining accounts: one price account per
    /// slot. Emits `PriceAccepted` or `PriceRefused` per slot, `RiskSampled` where an hour is complete,
    /// and `ModelRefused` where a price was stored that the model could not take.
    pub fn refresh<'info>(ctx: Context<'info, Refresh<'info>>, slots: Vec<u8>) -> Result<()> {
        crank::refresh::handle_refresh(ctx, slots)
    }

    /// Writes indices, skews and what depends on open interest to the book and sweeps fees; remaining
    /// accounts: markets and banks. Emits `Synced`.
    pub fn sync<'info>(ctx: Context<'info, SyncBook<'info>>) -> Result<()> {
        crank::sync::handle_sync(ctx)
    }

    /// Realises and pays an account's results; remaining accounts: the markets of its positions.
    /// Emits `Settled`.
    pub fn settle<'info>(ctx: Context<'info, Settle<'info>>) -> Result<()> {
        crank::settle::handle_settle(ctx)
    }

    /// Records what an account's health is: a margin call, a liquidation episode, or their end. Emits
    /// `MarginCalled`, `LiquidationOpened`, `CallCleared`.
    pub fn call_margin(ctx: Context<CallMargin>) -> Result<()> {
        crank::call_margin::handle_call_margin(ctx)
    }

    /// Liquidates the named legs as far as needed; remaining accounts: the markets of position legs.
    /// Emits `Liquidated`.
    pub fn liquidate<'info>(
        ctx: Context<'info, Liquidate<'info>>,
        legs: Vec<LiquidationLeg>,
    ) -> Result<()> {
        liquidation::liquidate::handle_liquidate(ctx, legs)
    }

    /// Records an account's shortfall with those who will bear it, and takes it where nothing is left;
    /// remaining accounts: the banks of its balances besides the quote's. Emits `ShortfallRecorded` and
    /// `BadDebtSettled`.
    pub fn settle_bad_debt<'info>(ctx: Context<'info, SettleBadDebt<'info>>) -> Result<()> {
        liquidation::settle_bad_debt::handle_settle_bad_debt(ctx)
    }

    /// Reduces the winning side of the market that the pool owes most, once what it owes passes its cap;
    /// remaining accounts: every market by slot. Emits `Deleveraged`.
    pub fn deleverage<'info>(ctx: Context<'info, Deleverage<'info>>, slot: u8) -> Result<()> {
        liquidation::deleverage::handle_deleverage(ctx, slot)
    }

    /// Announces a change of parameters. Emits `ChangeAnnounced`.
    pub fn announce_change(ctx: Context<AnnounceChange>, id: u64, patch: Patch) -> Result<()> {
        governance::announce_change::handle_announce_change(ctx, id, patch)
    }

    /// Puts an announced change in place once it is due, or lets what it raises grow on. Emits
    /// `ChangeApplied`.
    pub fn apply_change(ctx: Context<ApplyChange>) -> Result<()> {
        governance::apply_change::handle_apply_change(ctx)
    }

    /// Cancels an announced change, or removes one that cannot be applied any more. Emits `ChangeCancelled`.
    pub fn cancel_change(ctx: Context<CancelChange>) -> Result<()> {
        governance::cancel_change::handle_cancel_change(ctx)
    }

    /// Makes the exchange stricter at once. Emits `Tightened`.
    pub fn tighten(ctx: Context<Tighten>, tightening: Tightening) -> Result<()> {
        governance::tighten::handle_tighten(ctx, tightening)
    }

    /// Pays out the protocol's fees of a bank. Emits `FeesCollected`.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        governance::collect_fees::handle_collect_fees(ctx)
    }

    /// Puts the program's code under notice for good: the upgrade authority hands it over to the code
    /// account, which it creates. Emits `CodeHandedOver`.
    pub fn hand_over_code(ctx: Context<HandOverCode>) -> Result<()> {
        code::hand_over_code::handle_hand_over_code(ctx)
    }

    /// Proposes who shall announce new code; the zero key takes a proposal back. Emits
    /// `CodeAuthorityProposed`.
    pub fn propose_code_authority(
        ctx: Context<ProposeCodeAuthority>,
        authority: Pubkey,
    ) -> Result<()> {
        code::propose_code_authority::handle_propose_code_authority(ctx, authority)
    }

    /// Who was proposed takes over. Emits `CodeAuthorityAccepted`.
    pub fn accept_code_authority(ctx: Context<AcceptCodeAuthority>) -> Result<()> {
        code::accept_code_authority::handle_accept_code_authority(ctx)
    }

    /// Announces the code in a buffer that nobody can write any more. Emits `UpgradeAnnounced`.
    pub fn announce_upgrade(ctx: Context<AnnounceUpgrade>) -> Result<()> {
        code::announce_upgrade::handle_announce_upgrade(ctx)
    }

    /// Withdraws the announced upgrade, lapsed or not. Emits `UpgradeCancelled`.
    pub fn cancel_upgrade(ctx: Context<CancelUpgrade>) -> Result<()> {
        code::cancel_upgrade::handle_cancel_upgrade(ctx)
    }

    /// Replaces the program's code by what was announced, once that is due; anyone. Emits
    /// `UpgradeApplied`.
    pub fn apply_upgrade(ctx: Context<ApplyUpgrade>) -> Result<()> {
        code::apply_upgrade::handle_apply_upgrade(ctx)
    }

    /// Closes a buffer of the code account that is not announced. Emits `BufferClosed`.
    pub fn close_buffer(ctx: Context<CloseBuffer>) -> Result<()> {
        code::close_buffer::handle_close_buffer(ctx)
    }

    /// Returns the health of an account as return data.
    pub fn assess(ctx: Context<Assess>) -> Result<HealthReport> {
        view::assess::handle_assess(ctx)
    }
}
