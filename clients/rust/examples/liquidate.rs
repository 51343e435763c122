//! Finds accounts below their maintenance margin and closes as much of their positions as is due.

mod setup;

use anyhow::Result;
use plimsoll::constants::EVERYTHING;
use plimsoll::instructions::{leg_kind, LiquidationLeg};
use plimsoll_client::health::report;
use setup::Setup;
use std::process::ExitCode;

/// State of a health report from which on anyone may liquidate.
const LIQUIDATABLE: u8 = 3;

fn main() -> ExitCode {
    setup::run(example)
}

fn example(setup: &Setup) -> Result<()> {
    setup.ensure_account()?;
    let mut done = 0;
    for (key, account) in setup.others()? {
        let report = report(&*setup.book()?, &account, setup.now()?)?;
        let open = account.positions.iter().filter(|place| place.base != 0);
        let legs: Vec<_> = open
            .map(|place| LiquidationLeg {
                slot: place.slot,
                kind: leg_kind::POSITION,
                most: EVERYTHING,
            })
            .collect();
        if report.state < LIQUIDATABLE || legs.is_empty() {
            continue;
        }
        println!(
            "{key}: equity {}, maintenance {}",
            report.maintenance_equity, report.maintenance_requirement
        );
        let (owner, own) = (setup.owner(), setup.account_key());
        let liquidate = setup.venue.liquidate(owner, (own, key), legs)?;
        // Somebody else was faster, or its price has recovered: nothing to worry about.
        match setup.send(&[liquidate]) {
            Ok(()) => done += 1,
            Err(refused) => println!("{refused}"),
        }
    }
    println!("{done} liquidated");
    Ok(())
}
