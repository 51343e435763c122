//! The only token transfers of the program.

use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, MintTo, Token, TokenAccount, TransferChecked};

use crate::constants::{BANK_SEED, POOL_SEED};

/// Moves `amount` atoms from a wallet's token account into a vault.
pub fn pay_in<'info>(
    token_program: &Program<'info, Token>,
    from: &Account<'info, TokenAccount>,
    vault: &Account<'info, TokenAccount>,
    mint: &Account<'info, Mint>,
    authority: &Signer<'info>,
    amount: u64,
) -> Result<()> {
    let accounts = TransferChecked {
        from: from.to_account_info(),
        mint: mint.to_account_info(),
        to: vault.to_account_info(),
        authority: authority.to_account_info(),
    };
    let context = CpiContext::new(token_program.key(), accounts);
    token::transfer_checked(context, amount, mint.decimals)
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

/// Moves `amount` atoms from a vault to a wallet's token account.
pub fn pay_out<'info>(
    token_program: &Program<'info, Token>,
    vault: &Account<'info, TokenAccount>,
    to: &Account<'info, TokenAccount>,
    mint: &Account<'info, Mint>,
    signer: &BankSigner<'_, 'info>,
    amount: u64,
) -> Result<()> {
    let accounts = TransferChecked {
        from: vault.to_account_info(),
        mint: mint.to_account_info(),
        to: to.to_account_info(),
        authority: signer.bank.clone(),
    };
    let (slot, bump) = ([signer.slot], [signer.bump]);
    let seeds: &[&[u8]] = &[BANK_SEED, signer.book.as_ref(), &slot, &bump];
    let signers = [seeds];
    let context = CpiContext::new_with_signer(token_program.key(), accounts, &signers);
    token::transfer_checked(context, amount, mint.decimals)
}

/// Mints `amount` pool shares to a wallet's token account.
pub fn mint_shares<'info>(
    token_program: &Program<'info, Token>,
    lp_mint: &Account<'info, Mint>,
    to: &Account<'info, TokenAccount>,
    pool: AccountInfo<'info>,
    book: &Pubkey,
    bump: u8,
    amount: u64,
) -> Result<()> {
    let accounts = MintTo {
        mint: lp_mint.to_account_info(),
        to: to.to_account_info(),
        authority: pool,
    };
    let bump = [bump];
    let seeds: &[&[u8]] = &[POOL_SEED, book.as_ref(), &bump];
    let signers = [seeds];
    let context = CpiContext::new_with_signer(token_program.key(), accounts, &signers);
    token::mint_to(context, amount)
}
