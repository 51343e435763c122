//! What a swap asks of the transaction around it: that its beginning and its end are top-level
//! instructions of the program, one of each for an account, in this order.
//!
//! Two witnesses that do not know of each other: the runtime's height of the call stack, and the
//! instructions sysvar, which lists top-level instructions only. The sysvar alone would name the
//! instruction in which a caller runs, and not the call.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{
    get_stack_height, Instruction, TRANSACTION_LEVEL_STACK_HEIGHT,
};
use anchor_lang::Discriminator;
use solana_instructions_sysvar::{load_current_index_checked, load_instruction_at_checked};

use crate::error::PlimsollError;
use crate::instruction::{SwapBegin, SwapEnd};

/// Place of the margin account among the accounts of `swap_begin`, and of `swap_end`.
pub const SWAP_ACCOUNT_PLACE: usize = 2;

/// Refuses an instruction that a program called.
///
/// # Errors
/// `SwapInstructions`.
pub fn require_top_level() -> Result<()> {
    let height = get_stack_height();
    require_eq!(
        TRANSACTION_LEVEL_STACK_HEIGHT,
        height,
        PlimsollError::SwapInstructions
    );
    Ok(())
}

/// Refuses unless the instruction that runs is a top-level `swap_begin` of `account`, and of all that
/// come after it exactly one is a `swap_end` and none a `swap_begin` of the same account. `instructions`
/// is the sysvar.
///
/// # Errors
/// `SwapInstructions`.
#[inline(never)]
pub fn require_one_end(instructions: &AccountInfo<'_>, account: &Pubkey) -> Result<()> {
    require_top_level()?;
    let current = usize::from(load_current_index_checked(instructions)?);
    let own = load_instruction_at_checked(current, instructions)?;
    let mut sound = concerns(&own, SwapBegin::DISCRIMINATOR, account);
    let mut ends = 0u32;
    for index in current.saturating_add(1).. {
        let later = match load_instruction_at_checked(index, instructions) {
            Ok(later) => later,
            // There are no more.
            Err(ProgramError::InvalidArgument) => break,
            Err(other) => return Err(other.into()),
        };
        sound &= !concerns(&later, SwapBegin::DISCRIMINATOR, account);
        ends = ends.saturating_add(concerns(&later, SwapEnd::DISCRIMINATOR, account).into());
    }
    require!(sound && ends == 1, PlimsollError::SwapInstructions);
    Ok(())
}

/// Whether this is the program's instruction of that discriminator, for `account`.
fn concerns(instruction: &Instruction, discriminator: &[u8], account: &Pubkey) -> bool {
    let meta = instruction.accounts.get(SWAP_ACCOUNT_PLACE);
    instruction.program_id == crate::ID
        && instruction.data.starts_with(discriminator)
        && meta.is_some_and(|meta| meta.pubkey == *account)
}
