//! The only token transfers of the program.

use anchor_lang::prelude::*;
use anchor_lang::system_program::{self, Transfer};
use anchor_spl::token::{self, Burn, Mint, MintTo, Token, TokenAccount};
use anchor_spl::token_interface::{transfer_checked, TransferChecked};

use crate::constants::{BANK_SEED, POOL_SEED};
use crate::error::{checked, PlimsollError};

/// Where the amount stands in a token account, with either program.
const AMOUNT: core::ops::Range<usize> = 64..72;

/// From where to where, in which token.
pub struct Route<'info> {
    /// SPL Token or Token-2022.
    pub token_program: Pubkey,
    /// Token account that pays.
    pub from: AccountInfo<'info>,
    /// Token account that receives.
    pub to: AccountInfo<'info>,
    /// The token.
    pub mint: AccountInfo<'info>,
    /// Its decimals.
    pub decimals: u8,
}

impl<'info> Route<'info> {
    fn accounts(&self, authority: AccountInfo<'info>) -> TransferChecked<'info> {
        TransferChecked {
            from: self.from.clone(),
            mint: self.mint.clone(),
            to: self.to.clone(),
            authority,
        }
    }

    /// Moves `amount` atoms out of a wallet's token account into a vault, of which `received` have to
    /// arrive: so many were written as somebody's.
    ///
    /// # Errors
    /// `MintExtension` where another number arrived; those of the token program.
    pub fn pay_in(&self, authority: &Signer<'info>, amount: u64, received: u64) -> Result<()> {
        let expected = checked(amount_of(&self.to)?.checked_add(received))?;
        let accounts = self.accounts(authority.to_account_info());
        let context = CpiContext::new(self.token_program, accounts);
        transfer_checked(context, amount, self.decimals)?;
        require_eq!(expected, amount_of(&self.to)?, PlimsollError::MintExtension);
        Ok(())
    }

    /// Moves `amount` atoms out of a vault; a fee of the token is borne by who receives them.
    pub fn pay_out(&self, signer: &BankSigner<'_, 'info>, amount: u64) -> Result<()> {
        let accounts = self.accounts(signer.bank.clone());
        let (slot, bump) = ([signer.slot], [signer.bump]);
        let seeds: &[&[u8]] = &[BANK_SEED, signer.book.as_ref(), &slot, &bump];
        let signers = [seeds];
        let context = CpiContext::new_with_signer(self.token_program, accounts, &signers);
        transfer_checked(context, amount, self.decimals)
    }
}

/// Atoms in a token account as it stands.
fn amount_of(account: &AccountInfo) -> Result<u64> {
    let data = account.try_borrow_data()?;
    let bytes = data.get(AMOUNT).and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| error!(PlimsollError::WrongVault))?;
    Ok(u64::from_le_bytes(bytes))
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

/// Burns `amount` pool shares of a wallet's token account, whose owner signs.
pub fn burn_shares<'info>(
    token_program: &Program<'info, Token>,
    lp_mint: &Account<'info, Mint>,
    from: &Account<'info, TokenAccount>,
    owner: &Signer<'info>,
    amount: u64,
) -> Result<()> {
    let accounts = Burn {
        mint: lp_mint.to_account_info(),
        from: from.to_account_info(),
        authority: owner.to_account_info(),
    };
    token::burn(CpiContext::new(token_program.key(), accounts), amount)
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

/// Moves a keeper's fee of `lamports` from who pays it to the account that holds it until somebody earns it.
pub fn hold_keeper_fee<'info>(
    system_program: &Program<'info, System>,
    payer: &Signer<'info>,
    holder: AccountInfo<'info>,
    lamports: u64,
) -> Result<()> {
    let transfer = Transfer {
        from: payer.to_account_info(),
        to: holder,
    };
    system_program::transfer(CpiContext::new(system_program.key(), transfer), lamports)
}
