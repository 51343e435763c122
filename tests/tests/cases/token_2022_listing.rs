//! `list_bank` of Token-2022's mints: every extension there is, by its number.

use super::world_with;
use anchor_spl::token_2022::spl_token_2022::extension::transfer_fee::instruction::initialize_transfer_fee_config;
use anchor_spl::token_2022::spl_token_2022::extension::ExtensionType::{self, *};
use anchor_spl::token_2022::spl_token_2022::instruction::initialize_mint2;
use anchor_spl::token_2022::ID as TOKEN_2022;
use plimsoll::state::listed;
use plimsoll_tests::prelude::*;

/// Extensions that a bank accepts, whatever their values.
const ACCEPTED: [ExtensionType; 11] = [
    TransferFeeConfig,
    ConfidentialTransferMint,
    InterestBearingConfig,
    MetadataPointer,
    TokenMetadata,
    GroupPointer,
    TokenGroup,
    GroupMemberPointer,
    TokenGroupMember,
    ScaledUiAmount,
    Pausable,
];
/// Extensions that a bank accepts where they name nobody.
const ACCEPTED_GIVEN_UP: [ExtensionType; 3] = [MintCloseAuthority, PermanentDelegate, TransferHook];
/// The last extension that the library knows.
const LAST: u16 = PausableAccount as u16;

/// Everything is listed but the bank of BTC.
fn without_bank() -> World<LiteChain> {
    World::with(LiteChain::new(), |spec| {
        spec.asset(BTC).bank = None;
        (spec.insurance, spec.launch) = (0, false);
    })
}

/// The authority lists BTC's bank with a mint that has these extensions, in a fork of the world.
fn lists(
    world: &World<LiteChain>,
    extensions: Vec<Extension>,
) -> (World<LiteChain>, Result<Receipt, Failure>) {
    let mut world = world.clone();
    let asset = &mut world.assets[usize::from(BTC)];
    asset.token = Token::Token2022(extensions);
    let (mint, token) = (asset.mint, asset.token.clone());
    let account = token.mint(8, |bytes| world.chain.rent(bytes));
    world.chain.set_account(mint, account);
    let params = Spec::default().bank(BTC).clone();
    let list = call(
        world.list_bank_accounts(BTC),
        ix::ListBank { slot: BTC, params },
    );
    let outcome = world.send(&[list], &["authority"]);
    (world, outcome)
}

fn assert_listed(world: &World<LiteChain>, extensions: Vec<Extension>) {
    let (world, outcome) = lists(world, extensions);
    outcome.unwrap_or_else(|failure| panic!("refused: {failure}"));
    let vault = world.chain.account(&world.asset(BTC).vault);
    assert_eq!(vault.expect("the vault exists").owner, TOKEN_2022);
}

fn assert_refused(world: &World<LiteChain>, extensions: Vec<Extension>, number: u16) {
    let (world, outcome) = lists(world, extensions);
    let failure = outcome.expect_err("nobody should be able to list this");
    assert_eq!(
        failure.code,
        Some(PlimsollError::MintExtension.into()),
        "extension {number}: {failure}"
    );
    let named = format!("Right: {number}");
    assert!(
        failure.logs.iter().any(|line| line.contains(&named)),
        "{failure}"
    );
    let asset = world.asset(BTC);
    assert!(world.chain.account(&asset.bank).is_none());
    assert!(world.chain.account(&asset.vault).is_none());
    assert!(!world.book().assets[usize::from(BTC)].has(listed::BANK));
}

/// Zeros name nobody; ones are somebody, and an account's state "initialized"; twos are somebody, and
/// "frozen".
#[test]
fn every_extension_is_accepted_or_refused_as_decided() {
    let world = without_bank();
    for number in 1..=LAST {
        let kind = ExtensionType::try_from(number).expect("the library knows it");
        for byte in 0..=2 {
            if kind == DefaultAccountState && byte == 0 {
                // No mint says that accounts begin uninitialised.
                continue;
            }
            let accepted = ACCEPTED.contains(&kind)
                || (ACCEPTED_GIVEN_UP.contains(&kind) && byte == 0)
                || (kind == DefaultAccountState && byte == 1);
            let extensions = vec![Extension::filled(kind, byte)];
            if accepted {
                assert_listed(&world, extensions);
            } else {
                assert_refused(&world, extensions, number);
            }
        }
    }
}

#[test]
fn an_extension_that_nobody_knows_yet_is_refused() {
    let world = without_bank();
    for number in [LAST + 1, 500, u16::MAX] {
        let value = vec![0; 32];
        let (after, outcome) = lists(&world, vec![Extension { number, value }]);
        outcome.expect_err("nobody should be able to list this");
        assert!(after.chain.account(&after.asset(BTC).vault).is_none());
    }
}

#[test]
fn every_extension_of_a_mint_is_looked_at() {
    let world = without_bank();
    let delegate = Extension::filled(PermanentDelegate, 1);
    let others: Vec<Extension> = ACCEPTED
        .into_iter()
        .map(|kind| Extension::filled(kind, 1))
        .collect();
    assert_listed(&world, others.clone());
    for at in 0..=others.len() {
        let mut extensions = others.clone();
        extensions.insert(at, delegate.clone());
        assert_refused(&world, extensions, PermanentDelegate.into());
    }
}

#[test]
fn a_mint_without_extensions_is_like_one_of_spl_token() {
    assert_listed(&without_bank(), Vec::new());
}

/// All that is accepted moves through the real program, in and out, to the atom.
#[test]
fn what_is_accepted_is_deposited_and_withdrawn() {
    let mut tried = vec![
        Extension::filled(DefaultAccountState, 1),
        Extension::pausable(),
    ];
    let running = ACCEPTED.into_iter().filter(|kind| *kind != Pausable);
    tried.extend(running.map(|kind| Extension::filled(kind, 1)));
    tried.extend(ACCEPTED_GIVEN_UP.map(|kind| Extension::filled(kind, 0)));
    for extension in tried {
        let mut world = World::with(LiteChain::new(), |spec| {
            spec.asset(BTC).token = Token::Token2022(vec![extension.clone()]);
        });
        world.alice().deposits(btc(1)).done();
        let held = world.held("alice", BTC).unsigned_abs();
        assert!(held > 0, "{extension:?}");
        let all = Amount {
            slot: BTC,
            atoms: held,
        };
        world.alice().withdraws(all).done();
        assert_eq!(world.held("alice", BTC), 0, "{extension:?}");
        assert_eq!(world.token_amount(&world.asset(BTC).vault), 0);
    }
}

#[test]
fn mint_and_program_belong_together() {
    let mut world = without_bank();
    let params = Spec::default().bank(BTC).clone();
    for (token, program) in [
        (Token::Spl, TOKEN_2022),
        (Token::Token2022(Vec::new()), anchor_spl::token::ID),
    ] {
        let mint = world.asset(BTC).mint;
        let account = token.mint(8, |bytes| world.chain.rent(bytes));
        world.chain.set_account(mint, account);
        let accounts = ax::ListBank {
            token_program: program,
            ..world.list_bank_accounts(BTC)
        };
        let args = ix::ListBank {
            slot: BTC,
            params: params.clone(),
        };
        world
            .actor("authority")
            .does(&[call(accounts, args)])
            .refused();
    }
}

#[test]
fn the_quote_token_is_one_of_spl_token() {
    let mut world = world_with(|spec| {
        let usdc = spec.asset(USDC);
        (usdc.bank, usdc.token) = (None, Token::Token2022(Vec::new()));
        (spec.insurance, spec.launch) = (0, false);
    });
    let params = Spec::default().bank(USDC).clone();
    let list = call(
        world.list_bank_accounts(USDC),
        ix::ListBank { slot: USDC, params },
    );
    world
        .actor("authority")
        .does(&[list])
        .refused_with(PlimsollError::QuoteToken);
}

/// The worlds write mints and token accounts as bytes: those that the program itself writes.
#[test]
fn a_fee_mint_is_written_as_the_program_writes_it() {
    let mut world = world_with(|spec| {
        let fee = Extension::transfer_fee(100, 5_000);
        spec.asset(BTC).token = Token::Token2022(vec![fee]);
    });
    world.fund("alice", BTC, 0);
    let expected = world.chain.account(&world.asset(BTC).mint).expect("a mint");
    let (issuer, mint, payer) = (key_of("issuer"), wallet("a new mint"), key_of("alice"));
    let key = mint.pubkey();
    let bytes = expected.data.len() as u64;
    let (alice, rent) = (key_of("alice"), expected.lamports);
    let create = [
        solana_system_interface::instruction::create_account(
            &payer,
            &key,
            rent,
            bytes,
            &TOKEN_2022,
        ),
        initialize_transfer_fee_config(&TOKEN_2022, &key, Some(&issuer), Some(&issuer), 100, 5_000)
            .expect("Token-2022"),
        initialize_mint2(&TOKEN_2022, &key, &issuer, Some(&issuer), 8).expect("Token-2022"),
        anchor_spl::associated_token::spl_associated_token_account::instruction::create_associated_token_account(
            &payer,
            &alice,
            &key,
            &TOKEN_2022,
        ),
    ];
    world.alice().does_with(&create, &[&mint]).done();
    assert_eq!(
        world.chain.account(&key).expect("a mint").data,
        expected.data
    );
    let tokens = anchor_spl::associated_token::get_associated_token_address_with_program_id(
        &alice,
        &key,
        &TOKEN_2022,
    );
    let written = world.asset(BTC).token.account(&key, &alice, 0, |_| 0);
    assert_eq!(
        world.chain.account(&tokens).expect("tokens").data,
        written.data
    );
}
