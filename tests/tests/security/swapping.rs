//! A margin account in the middle of a swap is refused in every role that an instruction of the IDL has
//! for one (INV-30).

use core::mem::offset_of;

use anchor_lang::Discriminator;
use plimsoll::state::MarginAccount;
use plimsoll_tests::prelude::*;
use solana_address::Address;

use crate::idl::idl;
use crate::stages::{stage, Stage};

/// Instructions that take the margin account and no flag stops, and why.
const EXCEPTIONS: &[(&str, &str)] = &[("swap_end", "it lowers the flag")];

#[test]
fn every_role_of_a_margin_account_refuses_one_that_swaps() {
    let mut roles = 0;
    for instruction in idl().instructions {
        let name = instruction.name.as_str();
        let excepted = EXCEPTIONS.iter().any(|known| known.0 == name);
        let count = instruction.accounts.len();
        for place in 0..count {
            let mut stage = stage(name).expect("every instruction has a stage");
            let key = stage.call.accounts[place].pubkey;
            if excepted || !is_margin_account(&stage, &key) {
                continue;
            }
            roles += 1;
            flag(&mut stage, key);
            let call = stage.call.clone();
            let role = format!("{name} {}", instruction.accounts[place].name);
            let failure = stage.send(call).expect_err(&role);
            let code = u32::from(PlimsollError::SwapOpen);
            assert_eq!(failure.code, Some(code), "{role}: {failure}");
        }
    }
    // Twelve instructions take one, and a liquidation two.
    assert!(roles >= 14, "only {roles} roles were tried");
}

/// By its bytes and not by its name, so that no new role escapes.
fn is_margin_account(stage: &Stage, key: &Address) -> bool {
    let account = stage.world.chain.account(key);
    account.is_some_and(|account| {
        account.owner == plimsoll::ID && account.data.starts_with(MarginAccount::DISCRIMINATOR)
    })
}

/// Raises the flag, as only the middle of a swap has it.
fn flag(stage: &mut Stage, key: Address) {
    let chain = &mut stage.world.chain;
    let mut account = chain.account(&key).expect("it exists");
    let at = MarginAccount::DISCRIMINATOR.len() + offset_of!(MarginAccount, swapping);
    account.data[at] = 1;
    chain.set_account(key, account);
}
