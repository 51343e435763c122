//! `open_account`: an empty margin account.
//!
//! * the owner signs, so that nobody opens accounts in his name; anyone pays;
//! * the exchange is launched.

use anchor_lang::prelude::*;

use crate::constants::{ACCOUNT_SEED, QUOTE_BALANCE};
use crate::error::PlimsollError;
use crate::events::AccountOpened;
use crate::state::{MarginAccount, RiskBook};

/// Accounts of `open_account`.
#[derive(Accounts)]
#[instruction(id: u16)]
pub struct OpenAccount<'info> {
    /// Owner of the margin account.
    pub owner: Signer<'info>,
    /// Pays the rent.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The risk book, read only.
    #[account(constraint = book.load()?.launched == 1 @ PlimsollError::NotLaunched)]
    pub book: AccountLoader<'info, RiskBook>,
    /// The margin account.
    #[account(
        init,
        payer = payer,
        space = MarginAccount::DISCRIMINATOR.len() + core::mem::size_of::<MarginAccount>(),
        seeds = [ACCOUNT_SEED, book.key().as_ref(), owner.key().as_ref(), &id.to_le_bytes()],
        bump,
    )]
    pub account: AccountLoader<'info, MarginAccount>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Opens account `id` of the owner.
#[inline(never)]
pub fn handle_open_account(ctx: Context<OpenAccount>, id: u16) -> Result<()> {
    let (key, owner) = (ctx.accounts.account.key(), ctx.accounts.owner.key());
    let quote_slot = ctx.accounts.book.load()?.quote_slot;
    let mut account = ctx.accounts.account.load_init()?;

    account.owner = owner;
    account.book = ctx.accounts.book.key();
    account.generation = Clock::get()?.slot;
    account.bump = ctx.bumps.account;
    account.id = id;
    account.set_balance(QUOTE_BALANCE, quote_slot, 0)?;

    emit!(AccountOpened {
        account: key,
        owner
    });
    account.invariant()
}
