//! The program's own code. What a loader's call costs depends on the bytes it is given: here program data
//! and buffer have 4 MiB, more than the binary, so that the figures do not move with it.

use anchor_lang::prelude::{Pubkey, Rent};
use anchor_lang::system_program;
use plimsoll::constants::{CODE_SEED, CODE_WINDOW};
use plimsoll::state::Code;
use plimsoll::{accounts as metas, instruction as data};
use plimsoll_tests::chain::program_bytes;
use plimsoll_tests::code::{
    buffer_account, code_key, deployed, deployer, loader, program_data_key, PROGRAM_DATA_HEAD,
};
use solana_sdk_ids::sysvar::{clock, rent};
use solana_signer::Signer;

use crate::fixture::*;
use crate::instructions::{case, healthy, Case};

/// Bytes of code.
const LENGTH: usize = 4 << 20;
/// The buffer, and who gets its lamports.
const BUFFER: u8 = 6;
const RECEIVER: u8 = 7;

/// Every instruction on the code.
pub fn all() -> Vec<Case> {
    let authority = key(AUTHORITY);
    let code = code_key();
    let (buffer, receiver) = (key(BUFFER), key(RECEIVER));
    let announced = || handed_over(buffer, receiver, NOW);
    let idle = || handed_over(Pubkey::default(), Pubkey::default(), 0);
    let propose = metas::ProposeCodeAuthority { authority, code };
    let accept = metas::AcceptCodeAuthority {
        pending: key(TRADER),
        code,
    };
    let announce = metas::AnnounceUpgrade {
        authority,
        code,
        buffer,
        receiver,
    };
    let apply = metas::ApplyUpgrade {
        code,
        program: plimsoll::ID,
        program_data: program_data_key(),
        buffer,
        receiver,
        rent: rent::ID,
        clock: clock::ID,
        loader: loader::ID,
    };
    let close = metas::CloseBuffer {
        authority,
        code,
        buffer,
        receiver,
        loader: loader::ID,
    };
    vec![
        hand_over_code(),
        case(
            "propose_code_authority",
            idle(),
            propose,
            vec![],
            data::ProposeCodeAuthority {
                authority: key(TRADER),
            },
            &[AUTHORITY],
        ),
        case(
            "accept_code_authority",
            idle(),
            accept,
            vec![],
            data::AcceptCodeAuthority {},
            &[TRADER],
        ),
        case(
            "announce_upgrade",
            idle(),
            announce,
            vec![],
            data::AnnounceUpgrade {},
            &[AUTHORITY],
        ),
        case(
            "cancel_upgrade",
            announced(),
            metas::CancelUpgrade { authority, code },
            vec![],
            data::CancelUpgrade {},
            &[AUTHORITY],
        ),
        case(
            "apply_upgrade",
            announced(),
            apply,
            vec![],
            data::ApplyUpgrade {},
            &[KEEPER],
        ),
        case(
            "close_buffer",
            idle(),
            close,
            vec![],
            data::CloseBuffer {},
            &[AUTHORITY],
        ),
    ]
}

fn hand_over_code() -> Case {
    let accounts = metas::HandOverCode {
        upgrade_authority: deployer().pubkey(),
        payer: key(AUTHORITY),
        code: code_key(),
        program_data: program_data_key(),
        loader: loader::ID,
        system_program: system_program::ID,
    };
    let mut found = case(
        "hand_over_code",
        with_program(healthy(1)),
        accounts,
        vec![],
        data::HandOverCode {},
        &[AUTHORITY],
    );
    found.signers.push(deployer());
    found
}

/// The binary with zeros behind it.
fn long() -> Vec<u8> {
    let mut code = program_bytes();
    assert!(code.len() < LENGTH);
    code.resize(LENGTH, 0);
    code
}

fn lamports(bytes: usize) -> u64 {
    Rent::default().minimum_balance(bytes)
}

/// With program data of the deployer.
fn with_program(mut fixture: Fixture) -> Fixture {
    fixture.accounts.extend(deployed(&long(), lamports));
    fixture
}

/// With a frozen buffer and the code account, which the loader obeys; announced is what has an address.
fn handed_over(buffer: Pubkey, receiver: Pubkey, earliest: i64) -> Fixture {
    let mut fixture = with_program(healthy(1));
    for (address, account) in &mut fixture.accounts {
        if *address == program_data_key() {
            account.data[13..PROGRAM_DATA_HEAD].copy_from_slice(code_key().as_ref());
        }
    }
    let code = Code {
        authority: key(AUTHORITY),
        pending: key(TRADER),
        buffer,
        receiver,
        earliest,
        latest: if earliest == 0 {
            0
        } else {
            earliest + CODE_WINDOW
        },
        bump: pda(&[CODE_SEED]).1,
    };
    let frozen = buffer_account(&long(), &code_key(), lamports);
    let more = [
        (code_key(), borsh(&code)),
        (key(BUFFER), frozen),
        (key(RECEIVER), wallet()),
    ];
    fixture.accounts.extend(more);
    fixture
}
