//! Wrong accounts: for an account of a valid call, one of every wrong kind.

use plimsoll_tests::code::{code_key, program_data_key};
use plimsoll_tests::params::hash;
use plimsoll_tests::prelude::*;
use plimsoll_tests::pyth::PUSH_PROGRAM;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::AccountMeta;

use crate::foreign::twin_of;
use crate::idl::Named;
use crate::stages::Stage;

/// SPL Token-2022.
const TOKEN_2022: Address = Address::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// A replacement and what is wrong with it.
pub struct Wrong {
    /// What is wrong.
    pub kind: String,
    /// What stands in the call instead.
    pub meta: AccountMeta,
}

/// One wrong account of every kind that this one has.
pub fn all(stage: &mut Stage, named: &Named, right: &AccountMeta) -> Vec<Wrong> {
    let mut found = Vec::new();
    let mut push = |kind: &str, meta: AccountMeta| {
        let kind = kind.to_owned();
        found.push(Wrong { kind, meta });
    };
    let at = |pubkey: Address| AccountMeta {
        pubkey,
        ..right.clone()
    };
    if named.writable {
        let mut meta = right.clone();
        meta.is_writable = false;
        push("read only", meta);
    }
    if named.signer {
        let mut meta = right.clone();
        meta.is_signer = false;
        push("unsigned", meta);
        push("mallory, signed", at(key_of("mallory")));
        return found;
    }
    push("a wallet", at(key_of("mallory")));
    push("nothing", at(Address::new_from_array(hash("nothing"))));
    if named.address.is_some() || named.name == "token_program" {
        push("token-2022", at(TOKEN_2022));
        if right.pubkey != plimsoll::ID {
            push("this program", at(plimsoll::ID));
        }
        return found;
    }
    if stage.twins.contains(&right.pubkey) {
        push("another exchange's", at(twin_of(&right.pubkey)));
    }
    for (kind, key) in others(&stage.world, &right.pubkey) {
        push(&kind, at(key));
    }
    // An optional account that is not given is the program's.
    let account = stage.world.chain.account(&right.pubkey);
    if let Some(account) = account.filter(|account| !account.executable) {
        push("a copy of another program", at(copy(stage, account)));
    }
    found
}

/// The same bytes under another address, owned by a program that is not to be believed.
fn copy(stage: &mut Stage, account: Account) -> Address {
    let key = Address::new_from_array(hash("a copy of another program"));
    let copy = Account {
        owner: PUSH_PROGRAM,
        ..account
    };
    stage.world.chain.set_account(key, copy);
    key
}

/// Accounts of this exchange: of every other type, and others of the same type.
fn others(world: &World<LiteChain>, right: &Address) -> Vec<(String, Address)> {
    let order = |name: &str| {
        let standing = world.standing_orders(name);
        standing.first().copied().unwrap_or_default()
    };
    let candidates = [
        ("the exchange", world.keys.exchange),
        ("the book", world.keys.book),
        ("the pool", world.keys.pool),
        ("the share mint", world.keys.lp_mint),
        ("the quote bank", world.asset(USDC).bank),
        ("another bank", world.asset(ETH).bank),
        ("the quote vault", world.asset(USDC).vault),
        ("another vault", world.asset(ETH).vault),
        ("another mint", world.asset(ETH).mint),
        ("another market", world.asset(ETH).market),
        ("another feed", world.asset(ETH).feed.account),
        ("alice's account", world.account_key("alice", 0)),
        ("bob's account", world.account_key("bob", 0)),
        ("alice's order", order("alice")),
        ("bob's order", order("bob")),
        ("bob's tokens", world.token_key("bob", USDC)),
        ("alice's other tokens", world.token_key("alice", SOL)),
    ];
    let code = world.chain.account(&code_key()).is_some();
    let of_the_code = [
        ("the code account", code_key()),
        ("the program data", program_data_key()),
        ("another buffer", key_of("another buffer")),
    ];
    let second = world.standing_orders("alice").get(1).copied();
    let second = second.map(|key| ("alice's other order", key));
    let changes = ["a change", "another change"].into_iter();
    let changes = changes.zip(world.change_keys());
    candidates
        .into_iter()
        .chain(second)
        .chain(changes)
        .chain(of_the_code.into_iter().filter(|_| code))
        .filter(|(_, key)| key != right && world.chain.account(key).is_some())
        .map(|(kind, key)| (kind.to_owned(), key))
        .collect()
}
