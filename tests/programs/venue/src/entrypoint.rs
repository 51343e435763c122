//! The program.

use crate::{authority, Request, AUTHORITY_SEED};
use solana_account_info::AccountInfo;
use solana_address::Address;
use solana_cpi::{get_return_data, invoke, invoke_signed, set_return_data};
use solana_instruction::{AccountMeta, Instruction};
use solana_program_error::{ProgramError, ProgramResult};

solana_program_entrypoint::entrypoint!(process);

/// SPL Token's instruction `Transfer`.
const TRANSFER: u8 = 3;

fn process(_program: &Address, accounts: &[AccountInfo<'_>], data: &[u8]) -> ProgramResult {
    match Request::from_bytes(data).ok_or(ProgramError::InvalidInstructionData)? {
        Request::Swap { pays, receives } => swap(accounts, pays, receives),
        Request::Call(data) => call(accounts, data),
        Request::Sign(data) => sign(accounts, data),
        Request::Relay(data) => relay(accounts, data),
        Request::Return(data) => {
            set_return_data(data);
            Ok(())
        }
        Request::Log { says, data } => {
            if !says.is_empty() {
                say(says);
            }
            if !data.is_empty() {
                log_data(data);
            }
            Ok(())
        }
        Request::Fill(count) => {
            say(&vec![b'.'; usize::from(count)]);
            Ok(())
        }
    }
}

fn swap(accounts: &[AccountInfo<'_>], pays: u64, receives: u64) -> ProgramResult {
    let [payer, source, till, purse, destination, own, token] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let way_in = transfer(token, source, till, payer, pays);
    invoke(&way_in, &[source.clone(), till.clone(), payer.clone()])?;
    let way_out = transfer(token, purse, destination, own, receives);
    let (_, bump) = authority();
    let infos = [purse.clone(), destination.clone(), own.clone()];
    invoke_signed(&way_out, &infos, &[&[AUTHORITY_SEED, &[bump]]])
}

fn transfer(
    token: &AccountInfo<'_>,
    from: &AccountInfo<'_>,
    to: &AccountInfo<'_>,
    authority: &AccountInfo<'_>,
    atoms: u64,
) -> Instruction {
    Instruction {
        program_id: *token.key,
        accounts: vec![
            AccountMeta::new(*from.key, false),
            AccountMeta::new(*to.key, false),
            AccountMeta::new_readonly(*authority.key, true),
        ],
        data: [&[TRANSFER], atoms.to_le_bytes().as_slice()].concat(),
    }
}

fn call(accounts: &[AccountInfo<'_>], data: &[u8]) -> ProgramResult {
    let (instruction, others) = instruction(accounts, data, None)?;
    invoke(&instruction, others)
}

fn sign(accounts: &[AccountInfo<'_>], data: &[u8]) -> ProgramResult {
    let (vault, bump) = authority();
    let (instruction, others) = instruction(accounts, data, Some(vault))?;
    invoke_signed(&instruction, others, &[&[AUTHORITY_SEED, &[bump]]])
}

/// The call of the first account with the others, each with its rights here; `signer` signs as well.
fn instruction<'a, 'info>(
    accounts: &'a [AccountInfo<'info>],
    data: &[u8],
    signer: Option<Address>,
) -> Result<(Instruction, &'a [AccountInfo<'info>]), ProgramError> {
    let (program, others) = accounts
        .split_first()
        .ok_or(ProgramError::NotEnoughAccountKeys)?;
    let metas = others.iter().map(|info| AccountMeta {
        pubkey: *info.key,
        is_signer: info.is_signer || signer == Some(*info.key),
        is_writable: info.is_writable,
    });
    let instruction = Instruction {
        program_id: *program.key,
        accounts: metas.collect(),
        data: data.to_vec(),
    };
    Ok((instruction, others))
}

/// What a program that reads another's report has to do: ask who returned it.
fn relay(accounts: &[AccountInfo<'_>], data: &[u8]) -> ProgramResult {
    call(accounts, data)?;
    let callee = accounts[0].key;
    let (program, report) = get_return_data().ok_or(ProgramError::InvalidAccountData)?;
    if program != *callee {
        return Err(ProgramError::IncorrectProgramId);
    }
    set_return_data(&report);
    Ok(())
}

#[cfg(target_os = "solana")]
fn log_data(data: &[u8]) {
    let fields = [data];
    // SAFETY: the address of as many slices as are said.
    unsafe { solana_define_syscall::definitions::sol_log_data(fields.as_ptr().cast(), 1) };
}

#[cfg(target_os = "solana")]
fn say(text: &[u8]) {
    // SAFETY: the address and length of the text.
    unsafe { solana_define_syscall::definitions::sol_log_(text.as_ptr(), text.len() as u64) };
}

#[cfg(not(target_os = "solana"))]
fn log_data(_data: &[u8]) {}

#[cfg(not(target_os = "solana"))]
fn say(_text: &[u8]) {}
