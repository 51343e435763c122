//! `hand_over_code`: the program's upgrade authority makes the code account its successor, for good.
//!
//! * the program data is that of this program;
//! * the signer is the upgrade authority it names;
//! * there is no code account yet: it is created here and nowhere else, and becomes the upgrade
//!   authority in the same instruction;
//! * the signer is who may announce new code from now on.

use anchor_lang::prelude::*;

use crate::constants::CODE_SEED;
use crate::error::PlimsollError;
use crate::events::CodeHandedOver;
use crate::loader::{self, program_data_address, UpgradeableLoader};
use crate::state::Code;

/// Accounts of `hand_over_code`.
#[derive(Accounts)]
pub struct HandOverCode<'info> {
    /// The program's upgrade authority.
    pub upgrade_authority: Signer<'info>,
    /// Pays the rent of the code account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The code account.
    #[account(
        init,
        payer = payer,
        space = Code::DISCRIMINATOR.len() + Code::INIT_SPACE,
        seeds = [CODE_SEED],
        bump,
    )]
    pub code: Box<Account<'info, Code>>,
    /// Where the loader keeps this program's code and its upgrade authority.
    #[account(
        mut,
        address = program_data_address() @ PlimsollError::WrongProgramData,
        constraint = program_data.upgrade_authority_address == Some(upgrade_authority.key())
            @ PlimsollError::NotUpgradeAuthority,
    )]
    pub program_data: Box<Account<'info, ProgramData>>,
    /// The loader.
    pub loader: Program<'info, UpgradeableLoader>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Hands the program's code over to the code account.
#[inline(never)]
pub fn handle_hand_over_code(ctx: Context<HandOverCode>) -> Result<()> {
    let bump = ctx.bumps.code;
    let accounts = ctx.accounts;
    let authority = accounts.upgrade_authority.key();

    let code = &mut accounts.code;
    code.authority = authority;
    code.bump = bump;
    code.invariant()?;

    loader::hand_over(
        accounts.program_data.to_account_info(),
        accounts.upgrade_authority.to_account_info(),
        accounts.code.to_account_info(),
    )?;
    emit!(CodeHandedOver { authority });
    Ok(())
}
