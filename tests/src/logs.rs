//! Events as a client has to read them: which program logged what.
//!
//! Any program can log the bytes of an event of this one. Only the runtime writes lines that begin with
//! `Program <id>`, so who runs is known by the calls that have begun and not ended. Lines of a program
//! itself begin with `Program log:` or `Program data:`, whatever it says. A log that grew too long lacks
//! lines from `Log truncated` on, also beginnings and ends of calls, and shorter lines may follow: there
//! reading ends. What happened is in the accounts.

use anchor_lang::__private::base64::{engine::general_purpose::STANDARD, Engine};
use anchor_lang::{AnchorDeserialize, Discriminator};
use solana_address::Address;

/// The events of one type that `program` logged, in order.
pub fn events_of<E: AnchorDeserialize + Discriminator>(
    program: &Address,
    logs: &[String],
) -> Vec<E> {
    let data = logged_by(program, logs).into_iter();
    data.filter_map(|bytes| E::deserialize(&mut bytes.strip_prefix(E::DISCRIMINATOR)?).ok())
        .collect()
}

/// Whether the end of the log is missing.
pub fn is_truncated(logs: &[String]) -> bool {
    logs.iter().any(|line| is_end(line))
}

/// The data that `program` logged.
fn logged_by(program: &Address, logs: &[String]) -> Vec<Vec<u8>> {
    let mut running: Vec<Address> = Vec::new();
    let mut found = Vec::new();
    for line in logs.iter().take_while(|line| !is_end(line)) {
        if let Some(data) = line.strip_prefix("Program data: ") {
            // A program logs several fields with a space between; an event is one.
            let own = running.last() == Some(program);
            found.extend(own.then(|| STANDARD.decode(data).ok()).flatten());
        } else if let Some((program, what)) = of_the_runtime(line) {
            match what.split(' ').next() {
                Some("invoke") => running.push(program),
                Some("success" | "failed:") => drop(running.pop()),
                _ => {}
            }
        }
    }
    found
}

fn is_end(line: &str) -> bool {
    line == "Log truncated"
}

/// Program and rest of a line that the runtime wrote.
fn of_the_runtime(line: &str) -> Option<(Address, &str)> {
    let (program, what) = line.strip_prefix("Program ")?.split_once(' ')?;
    Some((program.parse().ok()?, what))
}
