//! The program: instruction data is a batch, return data its digest.

use crate::{run, Batch};
use solana_account_info::AccountInfo;
use solana_address::Address;
use solana_cpi::set_return_data;
use solana_program_error::{ProgramError, ProgramResult};

solana_program_entrypoint::entrypoint!(process);

fn process(_program: &Address, _accounts: &[AccountInfo<'_>], data: &[u8]) -> ProgramResult {
    let batch = Batch::from_bytes(data).ok_or(ProgramError::InvalidInstructionData)?;
    match run(batch) {
        Ok(digest) => {
            set_return_data(&digest.to_le_bytes());
            Ok(())
        }
        // The number of the first wrong pair, kept off zero, which would mean success.
        Err(number) => Err(ProgramError::Custom(1_u32.wrapping_add(number as u32))),
    }
}
