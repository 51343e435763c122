//! Deposits quote into the pool that is the counterparty of all markets, and waits for its shares.

mod setup;

use anyhow::Result;
use plimsoll::instructions::RequestParams;
use plimsoll_client::address;
use setup::{fresh_id, shares_account, Setup};
use solana_instruction::{AccountMeta, Instruction};
use std::process::ExitCode;
use std::time::Duration;

/// Quote atoms.
const AMOUNT: u64 = 1_000_000_000;

fn main() -> ExitCode {
    setup::run(example)
}

fn example(setup: &Setup) -> Result<()> {
    let (venue, owner) = (&setup.venue, setup.owner());
    let shares = shares_account(setup);
    let create_shares = Instruction {
        program_id: address::ASSOCIATED_TOKEN,
        accounts: vec![
            AccountMeta::new(owner, true),
            AccountMeta::new(shares, false),
            AccountMeta::new_readonly(owner, false),
            AccountMeta::new_readonly(venue.lp_mint, false),
            AccountMeta::new_readonly(solana_sdk_ids::system_program::ID, false),
            AccountMeta::new_readonly(address::TOKEN, false),
        ],
        // Nothing happens where it exists.
        data: vec![1],
    };
    let params = RequestParams {
        id: fresh_id()?,
        kind: 0,
        amount: AMOUNT,
        least: 1,
        keeper_fee: setup.book()?.min_keeper_fee,
    };
    setup.send(&[create_shares, venue.pool_request(owner, params)?])?;
    println!("requested; it executes at a price that nobody knows yet");
    let request = address::pool_request(&venue.pool, &owner, params.id);
    setup.ended(&request, Duration::from_secs(3_600))?;
    let balance = setup.rpc.get_token_account_balance(&shares)?;
    println!("holding {} shares", balance.ui_amount_string);
    Ok(())
}
