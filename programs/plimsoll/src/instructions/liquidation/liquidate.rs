//! `liquidate`: anyone takes the named legs as far as needed, for a fee.
//!
//! * the keeper's account is not the liquidated one and its owner signs;
//! * E_m < R_m, observed now; the episode's throttle leaves something to do;
//! * legs are held, named once; the price of a leg is at most 20 s old and not too wide;
//! * the engine plans: sizes, prices, fee; the shortage falls, or every position closes;
//! * positions close against the pool and need no capital: what the keeper earns is a credit;
//! * collateral and debts move as shares to the keeper's account for quote, and that account, without a
//!   pending order, passes the gate; no token moves, and no cap, pause or empty vault stands in the way;
//! * a bank is needed only where its totals change: where the keeper's balance of the token is of another
//!   kind than what he takes over, or quote repays a loan.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::health::rule_of;
use plimsoll_engine::liquidation::{plan, Desk, Plan, Prepared, Subject, Taken, Terms, MAX_LEGS};
use plimsoll_engine::requirement::Sums;
use plimsoll_engine::total::Place;

use crate::error::{checked, OrRefuse, PlimsollError};
use crate::events::{Liquidated, LiquidatedLeg};
use crate::health_gate::{health_into, observe};
use crate::liquidating::apply::Liquidation;
use crate::liquidating::legs::{name_legs, Named};
use crate::state::{AgeLimit, Bank, BookAt, MarginAccount, RiskBook};

/// Kinds of [`LiquidationLeg::kind`].
pub mod leg_kind {
    /// Close a position.
    pub const POSITION: u8 = 0;
    /// Buy a deposit.
    pub const COLLATERAL: u8 = 1;
    /// Take over or pay a debt.
    pub const DEBT: u8 = 2;
}

/// A leg the keeper names.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct LiquidationLeg {
    /// Asset slot.
    pub slot: u8,
    /// See [`leg_kind`].
    pub kind: u8,
    /// At most this many atoms; `u64::MAX` for as many as needed.
    pub most: u64,
}

/// Accounts of `liquidate`; remaining accounts: the markets of the position legs, writable, in order, and
/// then banks of tokens whose totals change, writable, in any order.
#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// Owner of the keeper's margin account.
    pub keeper: Signer<'info>,
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The keeper's margin account.
    #[account(
        mut,
        constraint = keeper_account.load()?.owner == keeper.key() @ PlimsollError::NotOwner,
        constraint = keeper_account.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
    )]
    pub keeper_account: AccountLoader<'info, MarginAccount>,
    /// The liquidated margin account.
    #[account(
        mut,
        constraint = account.key() != keeper_account.key() @ PlimsollError::SelfLiquidation,
        constraint = account.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The quote bank, for legs other than positions: insurance's part of the discount goes there.
    #[account(mut)]
    pub quote_bank: Option<AccountLoader<'info, Bank>>,
}

/// Liquidates.
#[inline(never)]
pub fn handle_liquidate<'info>(
    ctx: Context<'info, Liquidate<'info>>,
    legs: Vec<LiquidationLeg>,
) -> Result<()> {
    let accounts = ctx.accounts;
    let (key, keeper_key) = (accounts.account.key(), accounts.keeper_account.key());
    let book = accounts.book.load()?;
    let mut account = accounts.account.load_mut()?;
    let mut keeper = accounts.keeper_account.load_mut()?;
    let now = Clock::get()?.unix_timestamp;
    let at = BookAt {
        book: &book,
        now,
        limit: AgeLimit::Other,
    };

    account.require_no_swap()?;
    keeper.require_no_swap()?;
    require!(
        !legs.is_empty() && legs.len() <= MAX_LEGS,
        PlimsollError::LegCount
    );
    let named = name_legs(
        &account,
        &at,
        accounts.book.key(),
        &legs,
        ctx.remaining_accounts,
    )?;
    let mut taken = vec![Taken::default(); legs.len()];
    let plan = size(&mut account, key, &at, &named, &mut taken)?;

    let (markets, banks) = ctx.remaining_accounts.split_at(named.positions());
    require_banks(banks, accounts.book.key())?;
    let liquidation = Liquidation {
        at: &at,
        named: &named,
        taken: &taken,
        plan: &plan,
        markets,
        banks,
        book: accounts.book.key(),
    };
    liquidation.close_positions(&mut account)?;
    let reward = liquidation.pay(&mut account, &mut keeper)?;
    if named.exchanges() {
        let quote_bank = accounts.quote_bank.as_ref();
        liquidation.exchange(&mut account, &mut keeper, quote_bank)?;
    }
    count_improvement(&mut account, &plan, now)?;
    account.invariant()?;
    keeper.invariant()?;
    tell((key, keeper_key), &legs, &liquidation, reward)
}

/// Observes the account and plans.
#[inline(never)]
fn size(
    account: &mut MarginAccount,
    key: Pubkey,
    at: &BookAt<'_>,
    named: &Named,
    taken: &mut [Taken],
) -> Result<Box<Plan>> {
    let book = at.book;
    let mut sums = Sums::default();
    let health = health_into(at, account, &mut sums)?;
    if health.maintenance.is_met() {
        let view = health.maintenance;
        return Err(
            error!(PlimsollError::AccountHealthy).with_values((view.requirement.0, view.equity.0))
        );
    }
    let rule = rule_of(at, account).or_refuse()?;
    observe(account, key, book, &health, at.now)?;
    let terms = Terms {
        target_level: Fixed(book.target_level),
        keeper_share: Fixed(book.keeper_share),
        budget: account.episode().budget(&health, at.now).or_refuse()?,
        closes_all_positions: named.closes_all_positions(at, account)?,
        elapsed: account.episode().elapsed(at.now),
        moment: account.episode().moment_at(at.now),
    };
    let subject = Subject {
        book: at,
        rule,
        health: &health,
        sums: &sums,
    };
    let desk = Desk {
        taken,
        tried: &mut vec![Taken::default(); named.legs().len()],
        prepared: &mut vec![Prepared::default(); named.legs().len()],
        places: &mut vec![Place::default(); named.legs().len() + 1],
    };
    let plan = plan(&subject, named.legs(), &terms, desk);
    Ok(Box::new(plan.or_refuse()?))
}

/// Counts the improvement against the throttle, and the episode's first against the owner's profile.
/// Whether the call or the episode ends is for the next
/// observation: a liquidation never leads to the initial margin, dust apart.
fn count_improvement(account: &mut MarginAccount, plan: &Plan, now: i64) -> Result<()> {
    let improved = plan.improvement().or_refuse()?;
    if account.last_liquidation == 0 {
        let profile = account.profile().liquidated(now).or_refuse()?;
        account.set_profile(&profile);
    }
    account.liquidated = checked(account.liquidated.checked_add(improved))?;
    account.last_liquidation = now;
    account.set_moment(&plan.moment);
    Ok(())
}

/// What comes after the markets are banks of the book.
fn require_banks<'info>(given: &'info [AccountInfo<'info>], book: Pubkey) -> Result<()> {
    for info in given {
        let loader = AccountLoader::<Bank>::try_from(info)
            .map_err(|_| error!(PlimsollError::WrongMarkets))?;
        require_keys_eq!(loader.load()?.book, book, PlimsollError::WrongBank);
    }
    Ok(())
}

#[inline(never)]
fn tell(
    (account, keeper_account): (Pubkey, Pubkey),
    legs: &[LiquidationLeg],
    liquidation: &Liquidation<'_, '_>,
    reward: u64,
) -> Result<()> {
    let plan = liquidation.plan;
    let legs = legs
        .iter()
        .zip(liquidation.taken)
        .map(|(leg, done)| LiquidatedLeg {
            slot: leg.slot,
            kind: leg.kind,
            size: done.size,
            notional: done.notional,
            insurance: done.insurance,
        });
    emit!(Liquidated {
        account,
        keeper_account,
        legs: legs.collect(),
        fee: plan.fee,
        fee_keeper: plan.fee_keeper,
        fee_insurance: plan.fee_insurance,
        reward,
        shortage_before: plan.before.shortage().or_refuse()?.0,
        shortage_after: plan.after.shortage().or_refuse()?.0,
        equity_after: plan.after.equity.0,
    });
    Ok(())
}
