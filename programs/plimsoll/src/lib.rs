//! Plimsoll's on-chain program.
#![allow(missing_docs)]

use anchor_lang::prelude::*;
use plimsoll_sbf_builtins as _;

declare_id!("E5ECNgKF2S71DBefFt7FsPSvWX4F2YNAR7ALmLrtMnsQ");

#[program]
pub mod plimsoll {
    use super::*;

    pub fn deposit(ctx: Context<Deposit>, amount: u64, factor: u128) -> Result<()> {
        let scaled = u128::from(amount)
            .checked_mul(factor)
            .and_then(|product| product.checked_div(7_000_000_000_000_000_001))
            .ok_or(ProgramError::ArithmeticOverflow)?;
        ctx.accounts.vault.total = ctx
            .accounts
            .vault
            .total
            .checked_add(scaled)
            .ok_or(ProgramError::ArithmeticOverflow)?;
        emit!(Deposited { amount, scaled });
        Ok(())
    }
}

#[derive(Accounts)]
pub struct Deposit<'info> {
    #[account(init, payer = payer, space = 8 + 16, seeds = [b"vault", payer.key().as_ref()], bump)]
    pub vault: Account<'info, Vault>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

#[account]
pub struct Vault {
    pub total: u128,
}

#[event]
pub struct Deposited {
    pub amount: u64,
    pub scaled: u128,
}
