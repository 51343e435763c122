//! The only token transfers of the program.

use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, MintTo, Token, TokenAccount, TransferChecked};

use crate::constants::{BANK_SEED, POOL_SEED};

/// From where to where, in which token.
pub struct Route<'a, 'info> {
    /// SPL Token.
    pub token_program: &'a Program<'info, Token>,
    /// Token account that pays.
    pub from: &'a Account<'info, TokenAccount>,
    /// Token account that receives.
    pub to: &'a Account<'info, TokenAccount>,
    /// The token.
    pub mint: &'a Account<'info, Mint>,
}

impl<'info> Route<'_, 'info> {
    fn accounts(&self, authority: AccountInfo<'info>) -> TransferChecked<'info> {
        TransferChecked {
            from: self.from.to_account_info(),
            mint: self.mint.to_account_info(),
            to: self.to.to_account_info(),
            authority,
        }
    }

    /// Moves `amount` atoms out of a wallet's token account.
    pub fn pay_in(&self, authority: &Signer<'info>, amount: u64) -> Result<()> {
        let accounts = self.accounts(authority.to_account_info());
        let context = CpiContext::new(self.token_program.key(), accounts);
        token::transfer_checked(context, amount, self.mint.decimals)
    }

    /// Moves `amount` atoms out of a vault.
    pub fn pay_out(&self, signer: &BankSigner<'_, 'info>, amount: u64) -> Result<()> {
        let accounts = self.accounts(signer.bank.clone());
        let (slot, bump) = ([signer.slot], [signer.bump]);
        let seeds: &[&[u8]] = &[BANK_SEED, signer.book.as_ref(), &slot, &bump];
        let signers = [seeds];
        let context = CpiContext::new_with_signer(self.token_program.key(), accounts, &signers);
        token::transfer_checked(context, amount, self.mint.decimals)
    }
}

/// What signs for a bank's vault.
pub struct BankSigner<'a, 'info> {
    /// The bank.
    pub bank: AccountInfo<'info>,
    /// Its book.
    pub book: &'a Pubkey,
    /// Its slot.
    pub slot: u8,
    /// Its bump.
    pub bump: u8,
}

/// What signs for the pool's shares.
pub struct PoolSigner<'a, 'info> {
    /// The pool.
    pub pool: AccountInfo<'info>,
    /// Its book.
    pub book: &'a Pubkey,
    /// Its bump.
    pub bump: u8,
}

/// Mints `amount` pool shares to a wallet's token account.
pub fn mint_shares<'info>(
    token_program: &Program<'info, Token>,
    lp_mint: &Account<'info, Mint>,
    to: &Account<'info, TokenAccount>,
    signer: PoolSigner<'_, 'info>,
    amount: u64,
) -> Result<()> {
    let accounts = MintTo {
        mint: lp_mint.to_account_info(),
        to: to.to_account_info(),
        authority: signer.pool,
    };
    let bump = [signer.bump];
    let seeds: &[&[u8]] = &[POOL_SEED, signer.book.as_ref(), &bump];
    let signers = [seeds];
    let context = CpiContext::new_with_signer(token_program.key(), accounts, &signers);
    token::mint_to(context, amount)
}
