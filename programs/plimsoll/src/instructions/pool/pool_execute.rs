//! `pool_execute`: anyone ends a request, at the prices determined for it.
//!
//! * from t on; until t + 1 h it is executed. The markets given are all markets of the book in the order of
//!   their slots; of each with open interest the determined price is recorded and the book's is at most
//!   20 s old, and the worse of the two counts, at the end of the band against the provider;
//! * a deposit gets at least the shares asked for; a withdrawal at least the quote asked for, within the
//!   outflow window, and the pool keeps in hand what its stress may cost. Otherwise the request is closed
//!   as refused and what it holds returns. Prices missing or old are an error, and another try is possible;
//! * after t + 1 h it has lapsed: what it holds returns, and markets need not be given;
//! * whatever the end, the keeper is paid and the rent returns to its payer;
//! * an execution grants headroom anew.

use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};

use crate::constants::REQUEST_WINDOW;
use crate::error::{checked, PlimsollError};
use crate::events::{PoolExecuted, PoolRefused};
use crate::pool_end::{judge, write, End};
use crate::state::{request_kind, AgeLimit, Bank, BookAt, Pool, PoolRequest, RiskBook};
use crate::token_moves::{mint_shares, BankSigner, PoolSigner, Route};

/// Accounts of `pool_execute`; remaining accounts: every market by slot, writable.
#[derive(Accounts)]
pub struct ExecutePool<'info> {
    /// Receives the keeper fee.
    #[account(mut)]
    pub keeper: Signer<'info>,
    /// The risk book, read only.
    pub book: AccountLoader<'info, RiskBook>,
    /// The pool.
    #[account(mut, constraint = pool.load()?.book == book.key() @ PlimsollError::WrongPool)]
    pub pool: AccountLoader<'info, Pool>,
    /// The pool's shares.
    #[account(mut, address = pool.load()?.lp_mint @ PlimsollError::WrongPool)]
    pub lp_mint: Box<Account<'info, Mint>>,
    /// The quote bank.
    #[account(
        constraint = quote_bank.load()?.book == book.key() @ PlimsollError::WrongBank,
        constraint = quote_bank.load()?.slot == book.load()?.quote_slot @ PlimsollError::WrongBank,
    )]
    pub quote_bank: AccountLoader<'info, Bank>,
    /// Its vault.
    #[account(mut, address = quote_bank.load()?.vault @ PlimsollError::WrongVault)]
    pub vault: Box<Account<'info, TokenAccount>>,
    /// The quote token.
    #[account(address = quote_bank.load()?.mint @ PlimsollError::WrongMint)]
    pub mint: Box<Account<'info, Mint>>,
    /// The request.
    #[account(
        mut,
        close = payer,
        constraint = request.load()?.book == book.key() @ PlimsollError::WrongRequest,
    )]
    pub request: AccountLoader<'info, PoolRequest>,
    /// CHECK: who paid the rent; compared with the request.
    #[account(mut, address = request.load()?.payer @ PlimsollError::WrongRentRecipient)]
    pub payer: UncheckedAccount<'info>,
    /// Where quote goes.
    #[account(mut, address = request.load()?.quote_account @ PlimsollError::WrongTokenOwner)]
    pub quote_account: Box<Account<'info, TokenAccount>>,
    /// Where shares go.
    #[account(mut, address = request.load()?.shares_account @ PlimsollError::WrongTokenOwner)]
    pub shares_account: Box<Account<'info, TokenAccount>>,
    /// SPL Token.
    pub token_program: Program<'info, Token>,
}

/// Ends the request.
#[inline(never)]
pub fn handle_pool_execute<'info>(ctx: Context<'info, ExecutePool<'info>>) -> Result<()> {
    let accounts = ctx.accounts;
    let given = ctx.remaining_accounts;
    let now = Clock::get()?.unix_timestamp;
    let (book, request) = (accounts.book.load()?, accounts.request.load()?);
    let mut pool = accounts.pool.load_mut()?;

    require_gte!(now, request.execute_at, PlimsollError::RequestNotDue);
    let last = checked(request.execute_at.checked_add(REQUEST_WINDOW))?;
    let at = BookAt {
        book: &book,
        now,
        limit: AgeLimit::Risk,
    };
    let end = if now > last {
        End::Lapsed
    } else {
        if request.kind == request_kind::WITHDRAWAL {
            book.require_withdrawals(now)?;
        }
        judge(&request, &mut pool, &at, given)?
    };
    let (mint, pay) = write(&request, &mut pool, &end, given)?;
    pool.invariant()?;
    let (fee, kind, provider) = (request.keeper_fee, request.kind, request.provider);
    drop((book, request, pool));

    accounts.move_tokens(mint, pay)?;
    accounts.request.sub_lamports(fee)?;
    accounts.keeper.add_lamports(fee)?;
    let (request, keeper) = (accounts.request.key(), accounts.keeper.key());
    match end {
        End::Executed(execution) => emit!(PoolExecuted {
            request,
            provider,
            kind,
            quote: execution.quote,
            shares: execution.shares,
            net_asset_value: execution.value.0,
            keeper,
        }),
        End::Refused(refusal) => emit!(PoolRefused {
            request,
            provider,
            code: u32::from(refusal),
            keeper,
        }),
        End::Lapsed => emit!(PoolRefused {
            request,
            provider,
            code: 0,
            keeper,
        }),
    }
    Ok(())
}

impl<'info> ExecutePool<'info> {
    /// Mints shares to the provider and pays him quote.
    #[inline(never)]
    fn move_tokens(&self, shares: u64, quote: u64) -> Result<()> {
        if shares > 0 {
            let pool = self.pool.load()?;
            let (book, bump) = (pool.book, pool.bump);
            drop(pool);
            let signer = PoolSigner {
                pool: self.pool.to_account_info(),
                book: &book,
                bump,
            };
            let (mint, to) = (&self.lp_mint, &self.shares_account);
            mint_shares(&self.token_program, mint, to, signer, shares)?;
        }
        if quote > 0 {
            let bank = self.quote_bank.load()?;
            let (book, slot, bump) = (bank.book, bank.slot, bank.bump);
            drop(bank);
            let route = Route {
                token_program: self.token_program.key(),
                from: self.vault.to_account_info(),
                to: self.quote_account.to_account_info(),
                mint: self.mint.to_account_info(),
                decimals: self.mint.decimals,
            };
            let signer = BankSigner {
                bank: self.quote_bank.to_account_info(),
                book: &book,
                slot,
                bump,
            };
            route.pay_out(&signer, quote)?;
        }
        Ok(())
    }
}
