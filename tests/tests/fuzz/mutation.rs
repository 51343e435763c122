//! Ways to spoil bytes and calls.

use anchor_lang::Discriminator;
use plimsoll::state::{Bank, Exchange, MarginAccount, Market, Order, Pool, PoolRequest, RiskBook};
use rand::seq::IndexedRandom;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;

/// Discriminators of every account kind.
const KINDS: [&[u8]; 8] = [
    Exchange::DISCRIMINATOR,
    RiskBook::DISCRIMINATOR,
    Bank::DISCRIMINATOR,
    Market::DISCRIMINATOR,
    Pool::DISCRIMINATOR,
    PoolRequest::DISCRIMINATOR,
    MarginAccount::DISCRIMINATOR,
    Order::DISCRIMINATOR,
];

/// Where arithmetic is likely to end.
const EDGES: [u64; 12] = [
    0,
    1,
    u64::MAX,
    u64::MAX - 1,
    i64::MAX as u64,
    i64::MIN as u64,
    i64::MIN as u64 + 1,
    1 << 62,
    1 << 48,
    u32::MAX as u64,
    i32::MIN as u64,
    1 << 56,
];

/// Spoils the bytes of an account; says how.
pub fn spoil(dice: &mut ChaCha8Rng, account: &mut Account) -> String {
    match dice.random_range(0..20) {
        0 => truncate(dice, account),
        1 => {
            let more = dice.random_range(1..=64);
            account.data.extend((0..more).map(|_| dice.random::<u8>()));
            format!("{more} bytes longer")
        }
        2 => {
            let kind = KINDS.choose(dice).expect("there are kinds");
            let end = kind.len().min(account.data.len());
            account.data[..end].copy_from_slice(&kind[..end]);
            format!("the discriminator {kind:?}")
        }
        3 => {
            let from = dice.random_range(0..=account.data.len());
            account.data[from..].fill_with(|| dice.random());
            format!("noise from byte {from} on")
        }
        4 => {
            account.data.fill(0);
            "zeros".to_owned()
        }
        5 => {
            account.lamports = dice.random_range(1..=account.lamports);
            format!("{} lamports", account.lamports)
        }
        _ => {
            let count = dice.random_range(1..=3);
            let places = (0..count).map(|_| touch(dice, &mut account.data));
            places.collect::<Vec<_>>().join(", ")
        }
    }
}

fn truncate(dice: &mut ChaCha8Rng, account: &mut Account) -> String {
    let length = dice.random_range(0..=account.data.len());
    account.data.truncate(length);
    format!("cut to {length} bytes")
}

/// Overwrites one place: a field that holds something as often as any.
pub fn touch(dice: &mut ChaCha8Rng, data: &mut [u8]) -> String {
    if data.len() < 9 {
        data.fill_with(|| dice.random());
        return "noise".to_owned();
    }
    let mut at = dice.random_range(8..data.len());
    if dice.random() {
        let used: Vec<usize> = (8..data.len()).filter(|at| data[*at] != 0).collect();
        at = used.choose(dice).copied().unwrap_or(at);
    }
    match dice.random_range(0..4) {
        0 => {
            data[at] ^= 1 << dice.random_range(0..8u32);
            format!("a bit of byte {at} flipped")
        }
        1 => {
            data[at] = dice.random();
            format!("byte {at} is {}", data[at])
        }
        _ => {
            let at = at & !7;
            let value = number(dice);
            let bytes = value.to_le_bytes();
            let end = data.len().min(at + 8);
            data[at..end].copy_from_slice(&bytes[..end - at]);
            format!("{value} at {at}")
        }
    }
}

/// Of any magnitude and sign, as often one of the edges as not.
pub fn number(dice: &mut ChaCha8Rng) -> u64 {
    let random = dice.random::<u64>() >> dice.random_range(0..64u32);
    match dice.random_range(0..4) {
        0 => random,
        1 => random.wrapping_neg(),
        _ => *EDGES.choose(dice).expect("there are edges"),
    }
}

/// Spoils what anybody chooses who calls: arguments, the order and the number of accounts. The program
/// itself is not among them.
pub fn miscall(dice: &mut ChaCha8Rng, call: &mut Instruction) -> String {
    let count = call.accounts.len();
    let (one, other) = (dice.random_range(0..count), dice.random_range(0..count));
    match dice.random_range(0..10) {
        0 => {
            call.accounts.swap(one, other);
            format!("accounts {one} and {other} changed places")
        }
        1 => {
            call.accounts[one] = call.accounts[other].clone();
            format!("account {other} stands in place {one}, too")
        }
        2 => {
            call.accounts.truncate(one);
            format!("{one} accounts")
        }
        3 => {
            let again = call.accounts[one].clone();
            call.accounts.push(again);
            format!("account {one} once more at the end")
        }
        4 => {
            let length = dice.random_range(0..=call.data.len());
            call.data.truncate(length);
            format!("{length} bytes of arguments")
        }
        5 => {
            let more = dice.random_range(1..=64);
            call.data.extend((0..more).map(|_| dice.random::<u8>()));
            format!("{more} bytes of arguments more")
        }
        _ => format!("arguments: {}", touch(dice, &mut call.data)),
    }
}

/// An address that nobody can hold the key of.
pub fn is_fixed(key: &Address, account: &Account) -> bool {
    account.executable || solana_sdk_ids::sysvar::check_id(&account.owner) || *key == plimsoll::ID
}
