//! `open_account`.

use super::{anchor, world, world_with};
use plimsoll::state::MarginAccount;
use plimsoll_tests::prelude::*;

/// What the system program says of an address that is taken.
const ALREADY_IN_USE: u32 = 0;

#[test]
fn an_account_opens_empty() {
    let mut world = world();
    let receipt = world.alice().opens_account().done();
    let account = world.account("alice");
    assert_eq!(
        (account.owner, account.book),
        (key_of("alice"), world.keys.book)
    );
    assert_eq!(account.id, 0);
    assert!(account.is_plain());
    assert!(account.balances.iter().all(|balance| balance.amount == 0));
    assert_eq!(account.balances[0].slot, USDC, "place 0 is the quote's");
    let told = receipt.event::<plimsoll::events::AccountOpened>();
    assert_eq!(
        (told.account, told.owner),
        (world.account_key("alice", 0), key_of("alice"))
    );
}

#[test]
fn an_account_is_at_most_two_kilobytes() {
    assert!(8 + size_of::<MarginAccount>() <= 2_048);
}

#[test]
fn the_payer_pays_and_the_owner_keeps_his_lamports() {
    let mut world = world();
    world.meet("alice");
    let before = world.lamports("alice");
    world.alice().opens_account().done();
    assert_eq!(world.lamports("alice"), before);
}

#[test]
fn an_owner_has_as_many_accounts_as_ids() {
    let mut world = world();
    world
        .alice()
        .opens_account()
        .account(1)
        .opens_account()
        .account(u16::MAX)
        .opens_account()
        .done();
    world.alice().account(1).deposits(usdc(5)).done();
    assert_eq!(world.held("alice", USDC), 0, "account 0 holds nothing");
    let second = world.account_key("alice", 1);
    assert_eq!(world.margin_account(&second).balances[0].amount, 5_000_000);
}

#[test]
fn an_account_cannot_be_opened_twice() {
    let mut world = world();
    world.alice().deposits(usdc(1)).done();
    world
        .alice()
        .opens_account()
        .refused_with_code(ALREADY_IN_USE, "already in use");
    assert_eq!(world.held("alice", USDC), 1_000_000);
}

#[test]
fn nobody_opens_an_account_in_the_name_of_another() {
    let mut world = world();
    world.meet("alice");
    let mut open = call(world.open_accounts("alice", 0), ix::OpenAccount { id: 0 });
    let owner = open
        .accounts
        .iter_mut()
        .find(|each| each.pubkey == key_of("alice"));
    owner.expect("the owner is named").is_signer = false;
    world
        .mallory()
        .does(&[open])
        .refused_with_code(anchor::NOT_SIGNER, "owner must sign");
}

#[test]
fn the_address_is_that_of_owner_and_id() {
    let mut world = world();
    let accounts = world.open_accounts("alice", 0);
    let open = call(accounts, ix::OpenAccount { id: 1 });
    world
        .alice()
        .does(&[open])
        .refused_with_code(anchor::SEEDS, "address of another id");
}

#[test]
fn the_book_is_a_book() {
    let mut world = world();
    let book = world.asset(SOL).market;
    let open = call(
        ax::OpenAccount {
            book,
            ..world.open_accounts("alice", 0)
        },
        ix::OpenAccount { id: 0 },
    );
    world
        .alice()
        .does(&[open])
        .refused_with_code(anchor::WRONG_TYPE, "a market is no book");
}

#[test]
fn no_account_opens_before_launch() {
    let mut world = world_with(|spec| spec.launch = false);
    world
        .alice()
        .opens_account()
        .refused_with(PlimsollError::NotLaunched);
}
