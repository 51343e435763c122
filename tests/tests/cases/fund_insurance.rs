//! `fund_insurance`.

use super::{anchor, world, world_with};
use plimsoll::events::InsuranceFunded;
use plimsoll_tests::prelude::*;

/// What SPL Token says when there is too little.
const INSUFFICIENT_FUNDS: u32 = 1;

#[test]
fn anyone_pays_into_insurance() {
    let mut world = world();
    let before = world.bank(USDC);
    let told = world
        .bob()
        .funds_insurance(250)
        .done()
        .event::<InsuranceFunded>();
    assert_eq!((told.book, told.payer), (world.keys.book, key_of("bob")));
    assert_eq!((told.amount, told.insurance), (250, before.insurance + 250));
    let after = world.bank(USDC);
    assert_eq!(after.insurance, before.insurance + 250);
    assert_eq!(
        (after.deposits, after.protocol_fees),
        (before.deposits, before.protocol_fees)
    );
    assert_eq!(world.tokens("bob", USDC), 0);
}

#[test]
fn insurance_can_be_paid_in_before_launch() {
    let mut world = world_with(|spec| (spec.insurance, spec.launch) = (0, false));
    world.bob().funds_insurance(1).funds_insurance(2).done();
    assert_eq!(world.bank(USDC).insurance, 3);
}

#[test]
fn it_gives_no_claim() {
    let mut world = world();
    world.bob().opens_account().done();
    let before = world.snapshot();
    world.bob().funds_insurance(250).done();
    let payer = format!("tokens {}", world.token_key("bob", USDC));
    let mut changed = world.changed_since(&before);
    // Made for the payment.
    changed.retain(|label| *label != payer && label != "mint USDC");
    assert_eq!(changed, ["bank USDC", "vault USDC"]);
}

#[test]
fn nothing_is_no_payment() {
    world()
        .bob()
        .funds_insurance(0)
        .refused_with(PlimsollError::ZeroAmount);
}

#[test]
fn nobody_pays_more_than_he_has() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    let fund = call(
        world.fund_insurance_accounts("bob"),
        ix::FundInsurance { amount: 11 },
    );
    world
        .bob()
        .does(&[fund])
        .refused_with_code(INSUFFICIENT_FUNDS, "too little");
}

#[test]
fn the_fund_cannot_overflow() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    let fund = call(
        world.fund_insurance_accounts("bob"),
        ix::FundInsurance { amount: u64::MAX },
    );
    world
        .bob()
        .does(&[fund])
        .refused_with(PlimsollError::MathOverflow);
}

#[test]
fn nobody_pays_with_the_tokens_of_another() {
    let mut world = world();
    world.fund("alice", USDC, 10);
    world.meet("mallory");
    let accounts = ax::FundInsurance {
        payer: key_of("mallory"),
        ..world.fund_insurance_accounts("alice")
    };
    let fund = call(accounts, ix::FundInsurance { amount: 1 });
    world
        .mallory()
        .does(&[fund])
        .refused_with(PlimsollError::WrongTokenOwner);
    let mut unsigned = call(
        world.fund_insurance_accounts("alice"),
        ix::FundInsurance { amount: 1 },
    );
    unsigned.accounts[0].is_signer = false;
    world
        .mallory()
        .does(&[unsigned])
        .refused_with_code(anchor::NOT_SIGNER, "the payer must sign");
}

#[test]
fn only_quote_and_only_into_its_vault() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    world.fund("bob", SOL, 10);
    world.fund("mallory", USDC, 10);
    let foreign = world.forge_of_another_book(&world.asset(USDC).bank.clone(), 0);
    let sol = world.asset(SOL).clone();
    let good = || world.fund_insurance_accounts("bob");
    let whole_sol_bank = ax::FundInsurance {
        quote_bank: sol.bank,
        vault: sol.vault,
        mint: sol.mint,
        source: world.token_key("bob", SOL),
        ..good()
    };
    let another_book = ax::FundInsurance {
        quote_bank: foreign,
        ..good()
    };
    let attacks = [
        (whole_sol_bank, PlimsollError::WrongBank),
        (another_book, PlimsollError::WrongBank),
        (
            ax::FundInsurance {
                vault: sol.vault,
                ..good()
            },
            PlimsollError::WrongVault,
        ),
        (
            ax::FundInsurance {
                vault: world.token_key("mallory", USDC),
                ..good()
            },
            PlimsollError::WrongVault,
        ),
        (
            ax::FundInsurance {
                mint: sol.mint,
                ..good()
            },
            PlimsollError::WrongMint,
        ),
        (
            ax::FundInsurance {
                source: world.token_key("bob", SOL),
                ..good()
            },
            PlimsollError::WrongMint,
        ),
    ];
    for (accounts, error) in attacks {
        let fund = call(accounts, ix::FundInsurance { amount: 1 });
        world.bob().does(&[fund]).refused_with(error);
    }
}

#[test]
fn the_vault_does_not_pay_itself() {
    let mut world = world();
    world.fund("bob", USDC, 10);
    let accounts = ax::FundInsurance {
        source: world.asset(USDC).vault,
        ..world.fund_insurance_accounts("bob")
    };
    let fund = call(accounts, ix::FundInsurance { amount: 1 });
    world
        .bob()
        .does(&[fund])
        .refused_with_code(anchor::DUPLICATE, "from the vault to the vault");
}

#[test]
fn without_a_quote_token_there_is_no_fund() {
    let mut world = world_with(|spec| {
        spec.asset(USDC).bank = None;
        (spec.insurance, spec.launch) = (0, false);
    });
    world.fund("bob", SOL, 10);
    let sol = world.asset(SOL).clone();
    let accounts = ax::FundInsurance {
        quote_bank: sol.bank,
        vault: sol.vault,
        mint: sol.mint,
        source: world.token_key("bob", SOL),
        ..world.fund_insurance_accounts("bob")
    };
    let fund = call(accounts, ix::FundInsurance { amount: 1 });
    world
        .bob()
        .does(&[fund])
        .refused_with(PlimsollError::WrongBank);
}
