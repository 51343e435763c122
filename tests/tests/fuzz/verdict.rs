//! Which answers are answers.

use anchor_lang::Discriminator;
use plimsoll_tests::prelude::*;
use solana_instruction::Instruction;
use solana_transaction::{InstructionError, TransactionError};

const CODES: &str = include_str!("../../fixtures/error_codes.txt");

/// What is wrong with the failure of a call, if anything: an error has to be one of the program's pinned
/// codes, of the framework's, or what the token programs and the runtime say of bytes they do not like.
pub fn objection(call: &Instruction, failure: &Failure) -> Option<String> {
    let TransactionError::InstructionError(_, error) = &failure.error else {
        return Some(format!("not an error of an instruction: {failure}"));
    };
    let known = match error {
        InstructionError::Custom(code) => is_known(*code),
        // An account that is given twice is borrowed once.
        InstructionError::AccountBorrowFailed
        // A forged order promises its keeper more than it holds.
        | InstructionError::ArithmeticOverflow
        // New code is longer than the program data that is left: the loader says so.
        | InstructionError::AccountDataTooSmall
        | InstructionError::InvalidAccountData
        | InstructionError::InvalidAccountOwner
        | InstructionError::InvalidArgument
        | InstructionError::InvalidInstructionData
        | InstructionError::InvalidSeeds
        | InstructionError::IncorrectProgramId
        | InstructionError::MissingRequiredSignature
        | InstructionError::MissingAccount
        | InstructionError::InsufficientFunds
        | InstructionError::PrivilegeEscalation
        | InstructionError::UninitializedAccount => true,
        InstructionError::ProgramFailedToComplete => {
            claims_more_than_it_brings(call) || signs_for_nobody(failure)
        }
        _ => false,
    };
    (!known).then(|| failure.to_string())
}

/// Bytes as an argument that say they are longer than they are: the framework's decoder reserves room
/// for up to 1 MiB before it reads them, which the machine's heap does not have. Nothing of the program
/// has run by then.
fn claims_more_than_it_brings(call: &Instruction) -> bool {
    let takes_bytes = [ix::Refresh::DISCRIMINATOR, ix::PoolPrice::DISCRIMINATOR];
    let Some((discriminator, rest)) = call.data.split_at_checked(8) else {
        return false;
    };
    let length = rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    takes_bytes.contains(&discriminator)
        && length.is_some_and(|length| length as usize > rest.len() - 4)
}

/// A bump that was spoiled gives no address, and the runtime refuses the signature.
fn signs_for_nobody(failure: &Failure) -> bool {
    let words = "Could not create program address with signer seeds";
    failure.logs.last().is_some_and(|line| line.contains(words))
}

/// The program's codes; the framework's; those of the token and system programs, below 100.
fn is_known(code: u32) -> bool {
    let pinned = CODES.lines().any(|line| {
        let number = line.split(' ').next();
        number == Some(code.to_string().as_str())
    });
    pinned || (100..6_000).contains(&code) || code < 100
}
