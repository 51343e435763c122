//! One case per instruction: the state it needs and the call.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::{system_program, InstructionData, ToAccountMetas};
use plimsoll::constants::*;
use plimsoll::instructions::*;
use plimsoll::{accounts as metas, instruction as data};
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use crate::exchange;
use crate::fixture::*;
use crate::{accounts, code, governance, lending, orders, pool, portfolio, refresh};

/// What is measured.
pub struct Case {
    /// Name in the snapshot: the instruction, and the situation where there are several.
    pub name: &'static str,
    /// The chain's content.
    pub fixture: Fixture,
    /// The call.
    pub instruction: Instruction,
    /// Calls of the program in the same transaction before it, whose units do not count.
    pub before: Vec<Instruction>,
    /// The same after it.
    pub after: Vec<Instruction>,
    /// Signers; the first pays.
    pub signers: Vec<Keypair>,
}

/// Every case at `size` balances and positions; what does not depend on the size only at 1.
pub fn all(size: usize) -> Vec<Case> {
    let mut cases = vec![
        assess(size),
        call_margin(size),
        deposit("deposit", healthy(size), size),
        deposit("deposit (call stands)", called(size), size),
        withdraw("withdraw", healthy(size), size),
        swap_begin(size),
        swap_end(size),
        settle(size),
        liquidate_position(size),
        liquidate_collateral(size),
        settle_bad_debt(size),
        deleverage(size),
        refresh::prices(size),
        sync(size),
    ];
    cases.extend(pool::all(size));
    if size > 3 {
        cases.push(liquidate_all_kinds(size));
    }
    if size > 1 {
        let fixture = || healthy(size).with_fee_token(1);
        cases.push(deposit("deposit_2022", fixture(), size));
        cases.push(withdraw("withdraw_2022", fixture(), size));
    }
    if size == 1 {
        cases.extend([
            open_account(),
            close_account(),
            exchange::create_exchange(),
            exchange::list_asset(),
            exchange::list_bank(),
            exchange::list_market(),
            exchange::list_scenario(),
            fund_insurance(),
            exchange::launch(),
        ]);
        cases.extend(refresh::of_the_model());
        cases.extend(governance::all());
        cases.extend(code::all());
    }
    cases.extend(accounts::all(size));
    cases.extend(orders::all(size));
    cases.extend(portfolio::all(size));
    cases.extend(lending::all(size));
    cases.retain(|case| !(size == 1 && case.name == "liquidate (collateral)"));
    cases
}

/// One measurement: the call `data` with its accounts.
pub fn case(
    name: &'static str,
    fixture: Fixture,
    accounts: impl ToAccountMetas,
    remaining: Vec<AccountMeta>,
    data: impl InstructionData,
    signers: &[u8],
) -> Case {
    let mut accounts = accounts.to_account_metas(None);
    accounts.extend(remaining);
    Case {
        name,
        fixture,
        instruction: Instruction {
            program_id: plimsoll::ID,
            accounts,
            data: data.data(),
        },
        before: Vec::new(),
        after: Vec::new(),
        signers: signers.iter().map(|number| keypair(*number)).collect(),
    }
}

/// The account meets every margin.
pub fn healthy(size: usize) -> Fixture {
    Fixture::new(size, 1)
}

/// Positions of 200 tokens each, E_m at 95% of R_m.
fn under_water(size: usize) -> Fixture {
    Fixture::new(size, 200).with_equity_at(0.95)
}

/// The first markets, writable.
pub fn markets(size: usize) -> Vec<AccountMeta> {
    let slots = (0..size).map(|place| 16 + u8::try_from(place).expect("at most 16"));
    slots
        .map(|slot| AccountMeta::new(market_key(slot), false))
        .collect()
}

fn assess(size: usize) -> Case {
    assess_of("assess", healthy(size))
}

/// `assess` of an account.
pub fn assess_of(name: &'static str, fixture: Fixture) -> Case {
    let accounts = metas::Assess {
        book: fixture.book_key,
        account: fixture.account_key,
    };
    case(name, fixture, accounts, vec![], data::Assess {}, &[TRADER])
}

fn call_margin(size: usize) -> Case {
    let fixture = under_water(size);
    let accounts = metas::CallMargin {
        book: fixture.book_key,
        account: fixture.account_key,
    };
    case(
        "call_margin",
        fixture,
        accounts,
        vec![],
        data::CallMargin {},
        &[TRADER],
    )
}

/// A margin call stands.
fn called(size: usize) -> Fixture {
    let mut fixture = healthy(size);
    fixture.account.called_at = NOW - 100;
    fixture
}

fn deposit(name: &'static str, fixture: Fixture, size: usize) -> Case {
    let slot = u8::from(size > 1);
    let accounts = metas::Deposit {
        owner: key(TRADER),
        book: fixture.book_key,
        account: fixture.account_key,
        bank: bank_key(slot),
        vault: vault_key(slot),
        mint: mint_key(slot),
        source: token_key(TRADER, slot),
        token_program: fixture.token_program(slot),
    };
    case(
        name,
        fixture,
        accounts,
        vec![],
        data::Deposit { amount: 1_000_000 },
        &[TRADER],
    )
}

fn withdraw(name: &'static str, fixture: Fixture, size: usize) -> Case {
    let slot = u8::from(size > 1);
    let accounts = metas::Withdraw {
        owner: key(TRADER),
        book: fixture.book_key,
        account: fixture.account_key,
        bank: bank_key(slot),
        vault: vault_key(slot),
        mint: mint_key(slot),
        destination: token_key(TRADER, slot),
        token_program: fixture.token_program(slot),
    };
    case(
        name,
        fixture,
        accounts,
        vec![],
        data::Withdraw {
            amount: 1_000_000,
            borrow: false,
        },
        &[TRADER],
    )
}

/// Takes a token out, the quote where there is no other.
fn swap_begin(size: usize) -> Case {
    let fixture = healthy(size);
    let slot = u8::from(size > 1);
    let accounts = metas::SwapBegin {
        owner: key(TRADER),
        book: fixture.book_key,
        account: fixture.account_key,
        bank: bank_key(slot),
        vault: vault_key(slot),
        mint: mint_key(slot),
        destination: token_key(TRADER, slot),
        token_program: anchor_spl::token::ID,
        instructions: solana_sdk_ids::sysvar::instructions::ID,
    };
    let args = data::SwapBegin {
        amount: 1_000_000,
        borrow: false,
    };
    let end = bare_swap_end(&fixture);
    let mut case = case("swap_begin", fixture, accounts, vec![], args, &[TRADER]);
    case.after.push(end.instruction);
    case
}

/// Brings quote in and passes the gate.
fn swap_end(size: usize) -> Case {
    let begin = swap_begin(size);
    let mut case = bare_swap_end(&begin.fixture);
    (case.fixture, case.before) = (begin.fixture, vec![begin.instruction]);
    case
}

fn bare_swap_end(fixture: &Fixture) -> Case {
    let accounts = metas::SwapEnd {
        owner: key(TRADER),
        book: fixture.book_key,
        account: fixture.account_key,
        bank: bank_key(0),
        vault: vault_key(0),
        mint: mint_key(0),
        source: token_key(TRADER, 0),
        token_program: anchor_spl::token::ID,
    };
    let keep = 999 * TOKEN;
    let args = data::SwapEnd { keep };
    case("swap_end", healthy(1), accounts, vec![], args, &[TRADER])
}

fn settle(size: usize) -> Case {
    let fixture = healthy(size);
    let accounts = metas::Settle {
        book: fixture.book_key,
        account: fixture.account_key,
        quote_bank: bank_key(0),
        pool: pool_key(),
    };
    case(
        "settle",
        fixture,
        accounts,
        markets(size),
        data::Settle {},
        &[KEEPER],
    )
}

fn liquidate_position(size: usize) -> Case {
    let fixture = under_water(size);
    let legs = vec![LiquidationLeg {
        slot: 16,
        kind: leg_kind::POSITION,
        most: u64::MAX,
    }];
    liquidate("liquidate", fixture, markets(1), legs, None)
}

fn liquidate_collateral(size: usize) -> Case {
    let fixture = under_water(size);
    let legs = vec![LiquidationLeg {
        slot: 1,
        kind: leg_kind::COLLATERAL,
        most: u64::MAX,
    }];
    liquidate(
        "liquidate (collateral)",
        fixture,
        vec![],
        legs,
        Some(bank_key(0)),
    )
}

fn liquidate_all_kinds(size: usize) -> Case {
    let fixture = Fixture::new(size, 200).with_debt(2).with_equity_at(0.95);
    let leg = |slot, kind| LiquidationLeg {
        slot,
        kind,
        most: u64::MAX,
    };
    let legs = vec![
        leg(16, leg_kind::POSITION),
        leg(1, leg_kind::COLLATERAL),
        leg(2, leg_kind::DEBT),
    ];
    liquidate(
        "liquidate (position, collateral, debt)",
        fixture,
        markets(1),
        legs,
        Some(bank_key(0)),
    )
}

fn settle_bad_debt(size: usize) -> Case {
    let fixture = healthy(size).with_nothing_but_debts(size);
    let accounts = metas::SettleBadDebt {
        keeper: key(KEEPER),
        book: fixture.book_key,
        keeper_account: Some(fixture.keeper_account_key),
        account: fixture.account_key,
        quote_bank: bank_key(0),
        pool: pool_key(),
    };
    let slots = (1..size).map(|place| u8::try_from(place).expect("at most 16"));
    let banks = slots.map(|slot| AccountMeta::new(bank_key(slot), false));
    case(
        "settle_bad_debt",
        fixture,
        accounts,
        banks.collect(),
        data::SettleBadDebt {},
        &[KEEPER],
    )
}

/// Liquidates these legs of an account.
pub fn liquidate(
    name: &'static str,
    fixture: Fixture,
    markets: Vec<AccountMeta>,
    legs: Vec<LiquidationLeg>,
    quote_bank: Option<Pubkey>,
) -> Case {
    let accounts = metas::Liquidate {
        keeper: key(KEEPER),
        book: fixture.book_key,
        keeper_account: fixture.keeper_account_key,
        account: fixture.account_key,
        quote_bank,
    };
    case(
        name,
        fixture,
        accounts,
        markets,
        data::Liquidate { legs },
        &[KEEPER],
    )
}

fn sync(size: usize) -> Case {
    let fixture = healthy(size);
    let accounts = metas::SyncBook {
        book: fixture.book_key,
        quote_bank: bank_key(0),
        pool: pool_key(),
    };
    case(
        "sync",
        fixture,
        accounts,
        markets(size),
        data::Sync {},
        &[KEEPER],
    )
}

/// The pool has next to no cash left, and insurance helps.
fn deleverage(size: usize) -> Case {
    let mut fixture = healthy(size);
    fixture.pool_mut(|pool| pool.cash = 1_000_000);
    let accounts = metas::Deleverage {
        book: fixture.book_key,
        quote_bank: bank_key(0),
        pool: pool_key(),
    };
    let call = data::Deleverage { slot: 16 };
    case(
        "deleverage",
        fixture,
        accounts,
        markets(size),
        call,
        &[KEEPER],
    )
}

fn open_account() -> Case {
    let fixture = healthy(1);
    let id = 1u16;
    let (owner, number) = (key(TRADER), id.to_le_bytes());
    let seeds = [
        ACCOUNT_SEED,
        fixture.book_key.as_ref(),
        owner.as_ref(),
        &number,
    ];
    let accounts = metas::OpenAccount {
        owner: key(TRADER),
        payer: key(TRADER),
        book: fixture.book_key,
        account: pda(&seeds).0,
        system_program: system_program::ID,
    };
    case(
        "open_account",
        fixture,
        accounts,
        vec![],
        data::OpenAccount { id },
        &[TRADER],
    )
}

fn close_account() -> Case {
    let mut fixture = healthy(1);
    fixture.account.balances[0].amount = 0;
    fixture.account.positions[0] = bytemuck::Zeroable::zeroed();
    let accounts = metas::CloseAccount {
        owner: key(TRADER),
        account: fixture.account_key,
        receiver: key(TRADER),
    };
    case(
        "close_account",
        fixture,
        accounts,
        vec![],
        data::CloseAccount {},
        &[TRADER],
    )
}

fn fund_insurance() -> Case {
    let fixture = healthy(1);
    let accounts = metas::FundInsurance {
        payer: key(TRADER),
        book: fixture.book_key,
        quote_bank: bank_key(0),
        vault: vault_key(0),
        mint: mint_key(0),
        source: token_key(TRADER, 0),
        token_program: anchor_spl::token::ID,
    };
    let call = data::FundInsurance { amount: 1_000_000 };
    case("fund_insurance", fixture, accounts, vec![], call, &[TRADER])
}
