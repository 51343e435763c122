//! `list_scenario`: a stress scenario takes the next place of the book (F-7).
//!
//! * the authority of the exchange signs, and the exchange is not launched;
//! * the book is the exchange's and has a free place;
//! * there are at most as many moves as slots; the slots beyond do not move;
//! * each move is within its bounds in code.

use anchor_lang::prelude::*;

use crate::changes::{replace_scenario, Growth};
use crate::error::PlimsollError;
use crate::events::ScenarioListed;
use crate::state::{Exchange, RiskBook};

/// Accounts of `list_scenario`.
#[derive(Accounts)]
pub struct ListScenario<'info> {
    /// Authority of the exchange.
    pub authority: Signer<'info>,
    /// The exchange.
    #[account(
        constraint = exchange.authority == authority.key() @ PlimsollError::NotAuthority,
        constraint = !exchange.launched @ PlimsollError::AlreadyLaunched,
    )]
    pub exchange: Box<Account<'info, Exchange>>,
    /// The risk book.
    #[account(
        mut,
        address = exchange.book @ PlimsollError::WrongBook,
        constraint = book.load()?.exchange == exchange.key() @ PlimsollError::WrongBook,
    )]
    pub book: AccountLoader<'info, RiskBook>,
}

/// Lists a scenario: `shocks` by slot, basis points of the price.
#[inline(never)]
pub fn handle_list_scenario(ctx: Context<ListScenario>, shocks: Vec<i16>) -> Result<()> {
    let key = ctx.accounts.book.key();
    let mut book = ctx.accounts.book.load_mut()?;
    let index = book.scenario_count;

    replace_scenario(&mut book, index, &shocks, &mut Growth::at_once())?;

    emit!(ScenarioListed { book: key, index });
    book.invariant()
}
