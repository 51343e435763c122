//! `list_bank`.

use super::{anchor, world_with};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::{BANK_SEED, VAULT_SEED};
use plimsoll::events::BankListed;
use plimsoll::instructions::BankParams;
use plimsoll::state::{listed, Patch};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_tests::prelude::*;
use plimsoll_tests::tokens::{mint_account, token_account};
use plimsoll_tests::world::pda;

const WRONG_PROGRAM: u32 = ErrorCode::InvalidProgramId as u32;
/// What the system program says of an account that exists.
const IN_USE: u32 = 0;

/// Every asset is listed, those named have no bank yet; nothing is launched.
fn without_banks(slots: &[u8]) -> World<BankChain> {
    world_with(|spec| {
        for slot in slots {
            spec.asset(*slot).bank = None;
        }
        spec.insurance = 0;
        spec.launch = false;
    })
}

fn params(is_quote: bool) -> BankParams {
    BankParams {
        deposit_cap: 1_000,
        borrow_cap: 900,
        outflow_limit: 800,
        is_quote,
        rate_at_zero_ppm: 80_000,
        kink_ppm: 850_000,
        rate_at_kink_ppm: 100_000,
        rate_at_full_ppm: 900_000,
        utilisation_cap_ppm: 700_000,
        reserve_share_ppm: 100_000,
    }
}

/// The authority lists the bank of an asset.
fn lists(
    world: &mut World<BankChain>,
    slot: u8,
    accounts: ax::ListBank,
    params: BankParams,
) -> Actor<'_, BankChain> {
    let list = call(accounts, ix::ListBank { slot, params });
    world.actor("authority").does(&[list])
}

#[test]
fn a_bank_gets_a_vault_that_only_it_can_open() {
    let mut world = without_banks(&[SOL]);
    let accounts = world.list_bank_accounts(SOL);
    let told = lists(&mut world, SOL, accounts, params(false))
        .done()
        .event::<BankListed>();
    let sol = world.asset(SOL).clone();
    assert_eq!(
        (told.book, told.slot, told.mint),
        (world.keys.book, SOL, sol.mint)
    );
    let bank = world.bank(SOL);
    assert_eq!(
        (bank.book, bank.mint, bank.vault),
        (world.keys.book, sol.mint, sol.vault)
    );
    assert_eq!(
        (bank.slot, bank.decimals, bank.deposit_cap),
        (SOL, 9, 1_000)
    );
    assert_eq!(
        (bank.deposits, bank.insurance, bank.protocol_fees),
        (0, 0, 0)
    );
    let vault = world.chain.account(&sol.vault).expect("the vault exists");
    let rent = vault.lamports;
    assert_eq!(
        vault.data,
        token_account(&sol.mint, &sol.bank, 0, rent).data
    );
    let book = world.book();
    let asset = book.listed_asset(SOL).expect("listed");
    assert!(asset.has(listed::BANK));
    assert_eq!(asset.index_time, world.now());
    assert_eq!(asset.borrow_rate, Fixed::ratio(80_000, 1_000_000).0);
    let year = (asset.borrow_gain * 365 * 24 * 3600) as f64 / Index::START.0 as f64;
    assert!((year - 0.08).abs() < 1e-6, "8% in a year");
    assert_eq!(book.quote_slot, USDC, "still");
}

#[test]
fn the_quotes_bank_makes_its_asset_the_quote() {
    let mut world = without_banks(&[USDC]);
    assert_eq!(world.book().quote_slot, plimsoll::constants::NO_SLOT);
    let accounts = world.list_bank_accounts(USDC);
    lists(&mut world, USDC, accounts, params(true)).done();
    assert_eq!(world.book().quote_slot, USDC);
}

#[test]
fn a_curve_may_lie_on_its_bounds_and_not_outside() {
    let mut world = without_banks(&[SOL, BTC]);
    let sound = BankParams {
        rate_at_full_ppm: 1_000_000,
        kink_ppm: 999_999,
        utilisation_cap_ppm: 1_000_000,
        reserve_share_ppm: 1_000_000,
        ..params(false)
    };
    let unsound = [
        BankParams {
            rate_at_full_ppm: 1_000_001,
            ..sound.clone()
        },
        BankParams {
            kink_ppm: 0,
            ..sound.clone()
        },
        BankParams {
            kink_ppm: 1_000_000,
            ..sound.clone()
        },
        BankParams {
            rate_at_kink_ppm: 79_999,
            ..sound.clone()
        },
        BankParams {
            rate_at_full_ppm: 99_999,
            ..sound.clone()
        },
        BankParams {
            utilisation_cap_ppm: 1_000_001,
            ..sound.clone()
        },
        BankParams {
            reserve_share_ppm: 1_000_001,
            ..sound.clone()
        },
    ];
    for params in unsound {
        let accounts = world.list_bank_accounts(SOL);
        lists(&mut world, SOL, accounts, params).refused_with(PlimsollError::ParameterOutOfBounds);
    }
    let accounts = world.list_bank_accounts(SOL);
    lists(&mut world, SOL, accounts, sound).done();
    let free = BankParams {
        rate_at_zero_ppm: 0,
        ..params(false)
    };
    let accounts = world.list_bank_accounts(BTC);
    lists(&mut world, BTC, accounts, free).done();
    assert_eq!(world.book().assets[usize::from(BTC)].borrow_gain, 0);
}

#[test]
fn an_asset_has_one_bank() {
    let mut world = without_banks(&[]);
    let accounts = world.list_bank_accounts(SOL);
    // The program creates accounts before it looks at anything else.
    lists(&mut world, SOL, accounts, params(false)).refused_with_code(IN_USE, "the bank exists");
}

#[test]
fn an_asset_is_listed_before_its_bank() {
    let mut world = without_banks(&[SOL]);
    let bank = pda(&[BANK_SEED, world.keys.book.as_ref(), &[4]]);
    let accounts = ax::ListBank {
        bank,
        vault: pda(&[VAULT_SEED, bank.as_ref()]),
        ..world.list_bank_accounts(SOL)
    };
    lists(&mut world, 4, accounts, params(false)).refused_with(PlimsollError::UnknownAsset);
}

#[test]
fn the_mint_has_the_decimals_of_the_asset() {
    let mut world = without_banks(&[SOL]);
    for decimals in [0, 8, 10] {
        let mint = world.asset(SOL).mint;
        let rent = world.chain.rent(82);
        world
            .chain
            .set_account(mint, mint_account(decimals, 0, rent));
        let accounts = world.list_bank_accounts(SOL);
        lists(&mut world, SOL, accounts, params(false)).refused_with(PlimsollError::MintMismatch);
    }
}

#[test]
fn the_token_is_one_of_its_program() {
    let mut world = without_banks(&[SOL]);
    let accounts = ax::ListBank {
        mint: world.asset(BTC).vault,
        ..world.list_bank_accounts(SOL)
    };
    lists(&mut world, SOL, accounts, params(false)).refused();
    let accounts = ax::ListBank {
        token_program: plimsoll::ID,
        ..world.list_bank_accounts(SOL)
    };
    lists(&mut world, SOL, accounts, params(false))
        .refused_with_code(WRONG_PROGRAM, "no token program");
    let mint = world.asset(SOL).mint;
    let foreign = solana_account::Account {
        owner: plimsoll::ID,
        ..world.chain.account(&mint).expect("the mint exists")
    };
    world.chain.set_account(mint, foreign);
    let accounts = world.list_bank_accounts(SOL);
    lists(&mut world, SOL, accounts, params(false))
        .refused_with_code(anchor::WRONG_OWNER, "a mint of no token program");
}

#[test]
fn there_is_one_quote_token() {
    let mut world = without_banks(&[SOL]);
    let accounts = world.list_bank_accounts(SOL);
    lists(&mut world, SOL, accounts, params(true)).refused_with(PlimsollError::QuoteToken);
}

#[test]
fn the_quote_token_has_six_decimals() {
    let mut world = without_banks(&[USDC, SOL]);
    let accounts = world.list_bank_accounts(SOL);
    lists(&mut world, SOL, accounts, params(true)).refused_with(PlimsollError::QuoteToken);
}

#[test]
fn the_quote_token_has_no_market() {
    let mut world = world_with(|spec| {
        spec.fill_up_to(5);
        spec.asset(USDC).bank = None;
        spec.asset(4).bank = None;
        (spec.insurance, spec.launch) = (0, false);
    });
    let accounts = world.list_bank_accounts(4);
    lists(&mut world, 4, accounts, params(true)).refused_with(PlimsollError::QuoteToken);
    let accounts = world.list_bank_accounts(4);
    lists(&mut world, 4, accounts, params(false)).done();
}

#[test]
fn only_the_authority_lists() {
    let mut world = without_banks(&[SOL]);
    let accounts = ax::ListBank {
        authority: key_of("mallory"),
        ..world.list_bank_accounts(SOL)
    };
    let args = || ix::ListBank {
        slot: SOL,
        params: params(false),
    };
    world
        .mallory()
        .does(&[call(accounts, args())])
        .refused_with(PlimsollError::NotAuthority);
    let mut unsigned = call(world.list_bank_accounts(SOL), args());
    unsigned.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[unsigned])
        .refused_with_code(anchor::NOT_SIGNER, "the authority must sign");
}

#[test]
fn nothing_is_listed_after_launch() {
    let mut world = world_with(|spec| spec.asset(SOL).bank = None);
    let accounts = world.list_bank_accounts(SOL);
    lists(&mut world, SOL, accounts, params(false)).refused_with(PlimsollError::AlreadyLaunched);
}

#[test]
fn bank_and_vault_stand_at_their_own_addresses() {
    let mut world = without_banks(&[SOL, BTC]);
    let (sol, btc) = (world.list_bank_accounts(SOL), world.list_bank_accounts(BTC));
    let wrong_bank = ax::ListBank {
        bank: btc.bank,
        ..sol
    };
    lists(&mut world, SOL, wrong_bank, params(false))
        .refused_with_code(anchor::SEEDS, "the bank of another slot");
    let wrong_vault = ax::ListBank {
        vault: btc.vault,
        ..world.list_bank_accounts(SOL)
    };
    lists(&mut world, SOL, wrong_vault, params(false))
        .refused_with_code(anchor::SEEDS, "the vault of another bank");
}

#[test]
fn exchange_and_book_belong_together() {
    let mut world = without_banks(&[SOL]);
    let exchange = world.forge(&world.keys.exchange.clone(), |_| {});
    let accounts = ax::ListBank {
        exchange,
        ..world.list_bank_accounts(SOL)
    };
    lists(&mut world, SOL, accounts, params(false)).refused_with(PlimsollError::WrongBook);

    // Of a copy of the book, so that bank and vault are where that book has them.
    let book = world.forge(&world.keys.book.clone(), |_| {});
    let bank = pda(&[BANK_SEED, book.as_ref(), &[SOL]]);
    let accounts = ax::ListBank {
        book,
        bank,
        vault: pda(&[VAULT_SEED, bank.as_ref()]),
        ..world.list_bank_accounts(SOL)
    };
    lists(&mut world, SOL, accounts, params(false)).refused_with(PlimsollError::WrongBook);
}

#[test]
fn lamports_sent_ahead_to_its_addresses_stop_no_bank() {
    let mut world = without_banks(&[SOL]);
    let sol = world.asset(SOL).clone();
    for key in [sol.bank, sol.vault] {
        world.chain.airdrop(&key, 1_000_000);
    }
    let accounts = world.list_bank_accounts(SOL);
    lists(&mut world, SOL, accounts, params(false)).done();
    assert_eq!(world.bank(SOL).vault, sol.vault);
}

/// The shares exist from launch on, and from launch on nothing is listed.
#[test]
fn the_pools_own_shares_are_no_collateral() {
    let mut world = without_banks(&[SOL]);
    let of_shares = |world: &World<BankChain>| ax::ListBank {
        mint: world.keys.lp_mint,
        ..world.list_bank_accounts(SOL)
    };
    let accounts = of_shares(&world);
    lists(&mut world, SOL, accounts, params(false))
        .refused_with_code(anchor::NO_ACCOUNT, "there are no shares before launch");
    let target = usdc(100_000).atoms;
    world.actor("treasury").funds_insurance(target).done();
    let launch = world.launch_instruction();
    world.actor("authority").does(&[launch]).done();
    let accounts = of_shares(&world);
    lists(&mut world, SOL, accounts, params(false)).refused_with(PlimsollError::AlreadyLaunched);
}

/// ETH has no bank when the exchange launches; its bank was announced then, and three days have passed.
fn announced() -> (World<BankChain>, ax::ListBank) {
    let mut world = world_with(|spec| spec.asset(ETH).bank = None);
    let patch = Patch::ListBank {
        slot: ETH,
        mint: world.asset(ETH).mint,
        params: params(false),
    };
    world.actor("authority").announces(patch).done();
    world.wait_hours(72);
    let id = world.last_change().expect("it waits").id;
    let accounts = ax::ListBank {
        authority: key_of("carol"),
        change: Some(world.change_key(id)),
        change_payer: Some(key_of("fee payer")),
        ..world.list_bank_accounts(ETH)
    };
    (world, accounts)
}

fn carol_lists(
    world: &mut World<BankChain>,
    accounts: ax::ListBank,
    params: BankParams,
) -> Actor<'_, BankChain> {
    let list = call(accounts, ix::ListBank { slot: ETH, params });
    world.carol().does(&[list])
}

#[test]
fn after_launch_anyone_lists_the_bank_that_was_announced_once_it_is_due() {
    let (mut world, accounts) = announced();
    carol_lists(&mut world, accounts, params(false)).done();
    assert!(world.book().assets[usize::from(ETH)].has(listed::BANK));
    assert!(world.last_change().is_none());
}

#[test]
fn an_announcement_lists_nothing_but_what_it_says() {
    let (mut world, accounts) = announced();
    let more = BankParams {
        deposit_cap: 1_001,
        ..params(false)
    };
    let wrong = carol_lists(&mut world, accounts, more);
    wrong.refused_with(PlimsollError::WrongChange);
    let (_, accounts) = announced();
    let other = ax::ListBank {
        change_payer: Some(key_of("mallory")),
        ..accounts
    };
    let wrong = carol_lists(&mut world, other, params(false));
    wrong.refused_with(PlimsollError::WrongRentRecipient);
    let (_, accounts) = announced();
    let without = ax::ListBank {
        change: None,
        ..accounts
    };
    let wrong = carol_lists(&mut world, without, params(false));
    wrong.refused_with(PlimsollError::AlreadyLaunched);
}

#[test]
fn a_bank_that_was_announced_is_not_listed_a_second_early_nor_after_it_lapsed() {
    let mut world = world_with(|spec| spec.asset(ETH).bank = None);
    let patch = Patch::ListBank {
        slot: ETH,
        mint: world.asset(ETH).mint,
        params: params(false),
    };
    world.actor("authority").announces(patch).done();
    let change = world.last_change().expect("it waits");
    let accounts = || ax::ListBank {
        authority: key_of("carol"),
        change: Some(world.change_key(change.id)),
        change_payer: Some(key_of("fee payer")),
        ..world.list_bank_accounts(ETH)
    };
    let (early, late) = (accounts(), accounts());
    world.advance(change.earliest - 1 - world.now());
    let wrong = carol_lists(&mut world, early, params(false));
    wrong.refused_with(PlimsollError::ChangeNotDue);
    world.advance(change.latest + 1 - world.now());
    let wrong = carol_lists(&mut world, late, params(false));
    wrong.refused_with(PlimsollError::ChangeLapsed);
}

#[test]
fn shares_of_a_pool_are_nobodys_collateral() {
    let (mut world, accounts) = announced();
    let shares = ax::ListBank {
        mint: world.keys.lp_mint,
        mint_authority: Some(world.keys.pool),
        ..accounts
    };
    let patch = Patch::ListBank {
        slot: ETH,
        mint: world.keys.lp_mint,
        params: params(false),
    };
    world.actor("authority").cancels_last().done();
    // Shares have six decimals, ETH has more.
    let key = world.keys.book;
    let mut book = world.book();
    book.assets[usize::from(ETH)].decimals = 6;
    world.write(&key, &*book);
    world.actor("authority").announces(patch).done();
    world.wait_hours(72);
    let id = world.last_change().expect("it waits").id;
    let shares = ax::ListBank {
        change: Some(world.change_key(id)),
        ..shares
    };
    let unnamed = ax::ListBank {
        mint_authority: None,
        change: shares.change,
        change_payer: shares.change_payer,
        ..world.list_bank_accounts(ETH)
    };
    let unnamed = ax::ListBank {
        authority: key_of("carol"),
        mint: world.keys.lp_mint,
        ..unnamed
    };
    let carol = carol_lists(&mut world, unnamed, params(false));
    carol.refused_with(PlimsollError::WrongMint);
    let carol = carol_lists(&mut world, shares, params(false));
    carol.refused_with(PlimsollError::PoolShares);
}
