//! `set_model`: the owner chooses how his requirement is totalled.
//!
//! * only the owner, and not while a market order is pending or a call or an episode stands;
//! * the model is one of those there are, and not the one the account has;
//! * what the account holds is allowed under it: an isolated account holds quote and one position;
//! * with a claim, a debt or a position: every price it needs is at most 20 s old, and the initial view
//!   is met under the model before and under the model after.

use anchor_lang::prelude::*;
use plimsoll_engine::requirement::ModelKind;

use crate::constants::ACTION_AGE;
use crate::error::PlimsollError;
use crate::events::ModelChanged;
use crate::health_gate::{observe, pass_outflow_gate, require_all_fresh, strict_health};
use crate::state::{MarginAccount, RiskBook};

/// Accounts of `set_model`.
#[derive(Accounts)]
pub struct SetModel<'info> {
    /// Owner of the margin account.
    pub owner: Signer<'info>,
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(
        mut,
        constraint = account.load()?.owner == owner.key() @ PlimsollError::NotOwner,
        constraint = account.load()?.book == book.key() @ PlimsollError::WrongAccountBook,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
}

/// Sets the model: 0 Standard, 1 Portfolio, 2 Isolated.
#[inline(never)]
pub fn handle_set_model(ctx: Context<SetModel>, model: u8) -> Result<()> {
    let accounts = ctx.accounts;
    let key = accounts.account.key();
    let book = accounts.book.load()?;
    let mut account = accounts.account.load_mut()?;
    let now = Clock::get()?.unix_timestamp;

    account.require_no_swap()?;
    let known = ModelKind::from_code(model).is_some() && model != account.model;
    if !known {
        return Err(error!(PlimsollError::UnknownModel).with_values((account.model, model)));
    }
    account.require_no_pending_order()?;
    require!(
        account.called_at == 0 && account.liquidatable_since == 0,
        PlimsollError::ModelWhileCalled
    );

    let before = account.model;
    let priced = !account.is_plain();
    if priced {
        require_all_fresh(&book, &*account, now, ACTION_AGE)?;
        let health = strict_health(&book, &account, now)?;
        pass_outflow_gate(&health, false)?;
    }
    account.model = model;
    account.invariant()?;
    let mut initial_requirement = 0;
    if priced {
        let health = strict_health(&book, &account, now)?;
        pass_outflow_gate(&health, false)?;
        observe(&mut account, key, &book, &health, now)?;
        initial_requirement = health.initial.requirement.0;
    }

    emit!(ModelChanged {
        account: key,
        before,
        after: model,
        initial_requirement,
    });
    account.invariant()
}
