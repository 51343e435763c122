//! A delegate signs wherever an instruction of the IDL asks for the owner of a margin account, and is
//! refused; he places orders, and that is all.

use core::mem::offset_of;

use anchor_lang::Discriminator;
use plimsoll::state::MarginAccount;
use plimsoll_tests::prelude::*;

use crate::idl::idl;
use crate::stages::{stage, Stage};

/// Names Mallory on every margin account of Alice, with all that can be ordered.
fn name_mallory(stage: &mut Stage) {
    for id in 0..2 {
        let key = stage.world.account_key("alice", id);
        let Some(mut account) = stage.world.chain.account(&key) else {
            continue;
        };
        let mut put = |at: usize, bytes: &[u8]| {
            let at = MarginAccount::DISCRIMINATOR.len() + at;
            account.data[at..at + bytes.len()].copy_from_slice(bytes);
        };
        let mallory = key_of("mallory");
        put(offset_of!(MarginAccount, delegate), mallory.as_ref());
        let limit = u64::MAX.to_le_bytes();
        put(offset_of!(MarginAccount, delegate_limit), &limit);
        stage.world.chain.set_account(key, account);
    }
}

/// The call of an instruction with Mallory, delegate of Alice, in her place.
fn in_place_of_alice(instruction: &str, role: usize) -> Result<Receipt, Failure> {
    let mut stage = stage(instruction).expect("every instruction has a stage");
    name_mallory(&mut stage);
    let mut call = stage.call.clone();
    call.accounts[role].pubkey = key_of("mallory");
    stage.send(call)
}

#[test]
fn wherever_the_owner_signs_his_delegate_is_refused() {
    let mut refused = Vec::new();
    for instruction in idl().instructions {
        let owner = |named: &crate::idl::Named| named.signer && named.name == "owner";
        let Some(role) = instruction.accounts.iter().position(owner) else {
            continue;
        };
        let name = instruction.name;
        let failure = in_place_of_alice(&name, role).expect_err(&name);
        // An account is opened under its owner's key: there is none yet that could have a delegate.
        let code = match name.as_str() {
            "open_account" => anchor_lang::error::ErrorCode::ConstraintSeeds.into(),
            _ => u32::from(PlimsollError::NotOwner),
        };
        assert_eq!(failure.code, Some(code), "{name}: {failure}");
        refused.push(name);
    }
    let known = ["close_account", "deposit", "set_delegate", "set_lending"];
    let more = [
        "set_model",
        "swap_begin",
        "swap_end",
        "transfer",
        "withdraw",
    ];
    for name in known.iter().chain(&more) {
        assert!(refused.iter().any(|one| one == name), "{name} has no owner");
    }
}

#[test]
fn orders_are_all_he_signs_for() {
    let mut admitted = Vec::new();
    for instruction in idl().instructions {
        let trader = |named: &crate::idl::Named| named.signer && named.name == "trader";
        if let Some(role) = instruction.accounts.iter().position(trader) {
            let outcome = in_place_of_alice(&instruction.name, role);
            outcome.unwrap_or_else(|why| panic!("{}: {why}", instruction.name));
            admitted.push(instruction.name);
        }
    }
    assert_eq!(admitted, ["place_order"]);
}
