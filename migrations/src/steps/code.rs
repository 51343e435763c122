//! The program's code, at the beginning and at the end.

use anchor_lang::solana_program::bpf_loader_upgradeable as loader;
use anyhow::{Context, Result};
use plimsoll::accounts as ax;
use plimsoll::instruction as ix;
use plimsoll_client::{address, call};
use solana_sdk_ids::system_program;

use super::Found;
use crate::program::{cost, deploy, deployed, hash_of, is_code, upgrade, Deployed};
use crate::site::Site;

pub(super) fn look(site: &Site) -> Result<Found> {
    let (length, hash) = (site.code.len(), hash_of(&site.code));
    let (bytes, authority) = match deployed(&site.chain)? {
        Deployed::Nothing => {
            let cost = cost(&site.chain, &site.code)?;
            let id = plimsoll::ID;
            return Ok(Found::ToDo(format!(
                "deploys {length} bytes, sha256 {hash}, at {id} for {cost}"
            )));
        }
        Deployed::Code { bytes, authority } => (bytes, authority),
    };
    if is_code(&bytes, &site.code) {
        return Ok(Found::Done);
    }
    if authority == Some(site.chain.authority()) {
        return Ok(Found::ToDo(format!(
            "replaces the code by {length} bytes, sha256 {hash}"
        )));
    }
    let way = match authority {
        Some(authority) if authority == address::code() => {
            "it was handed over: new code is announced (announce_upgrade) and waits seven days"
                .into()
        }
        Some(authority) => format!("only {authority} may replace it"),
        None => "nobody can replace it".into(),
    };
    Ok(Found::Differs(vec![format!(
        "the code is not that of the file, sha256 {hash}; {way}"
    )]))
}

pub(super) fn make(site: &Site) -> Result<()> {
    match deployed(&site.chain)? {
        Deployed::Code { bytes, .. } => {
            upgrade(&site.chain, bytes.len(), &site.code, site.parallel)
        }
        Deployed::Nothing => {
            let program = site.program.as_ref();
            let program = program.context(
                "expected the program's key for its first deployment, found none: give --program-keypair",
            )?;
            deploy(&site.chain, program, &site.code, site.parallel)
        }
    }
}

pub(super) fn look_hand_over(site: &Site) -> Result<Found> {
    let to = address::code();
    let todo = Found::ToDo(format!("makes {to} the upgrade authority, for good"));
    let Deployed::Code { authority, .. } = deployed(&site.chain)? else {
        return Ok(todo);
    };
    Ok(match authority {
        Some(authority) if authority == to => Found::Done,
        Some(authority) if authority == site.chain.authority() => todo,
        Some(authority) => Found::Differs(vec![format!(
            "the upgrade authority is {authority}, expected {to}"
        )]),
        None => Found::Differs(vec![format!(
            "the program has no upgrade authority, expected {to}"
        )]),
    })
}

pub(super) fn make_hand_over(site: &Site) -> Result<()> {
    let authority = site.chain.authority();
    let accounts = ax::HandOverCode {
        upgrade_authority: authority,
        payer: authority,
        code: address::code(),
        program_data: loader::get_program_data_address(&plimsoll::ID),
        loader: loader::ID,
        system_program: system_program::ID,
    };
    site.chain
        .send(&[call(accounts, ix::HandOverCode {}, [])], &[])
}
