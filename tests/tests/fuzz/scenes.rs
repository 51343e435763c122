//! Calls that no other test needs as a stage: with accounts whose bytes are somebody else's to write.

use plimsoll_tests::prelude::*;

use crate::stages::{stage, Stage};

/// Every call that is tried: one of each instruction, some in more than one form.
pub fn scenes(instructions: impl Iterator<Item = String>) -> Vec<(String, Stage)> {
    let paired = ["execute_order of a pair", "cancel_order of a pair"].map(str::to_owned);
    let known = instructions.chain(paired).map(|name| {
        let stage = stage(&name).unwrap_or_else(|| panic!("no stage for {name}"));
        (name, stage)
    });
    let more = [
        ("refresh of a stake pool", refresh_of_a_stake_pool()),
        ("list_bank of a token with extensions", list_bank()),
        ("deposit of a token with a fee", of_a_token_with_a_fee(true)),
        (
            "withdraw of a token with a fee",
            of_a_token_with_a_fee(false),
        ),
        ("liquidate under Portfolio", liquidate_under_portfolio()),
    ];
    let more = more.map(|(name, stage)| (name.to_owned(), stage));
    known.chain(more).collect()
}

/// JitoSOL at its market and its stake pool, SOL in the same batch.
fn refresh_of_a_stake_pool() -> Stage {
    let mut world = World::with(LiteChain::new(), |spec| spec.with_liquid_staking());
    world.alice().deposits(usdc(1_000)).longs(sol(20)).done();
    world.advance(5);
    world.publish(SOL, 151.0);
    world.publish(JITOSOL, 181.0);
    let slots = vec![SOL, JITOSOL];
    let given = world.feed_accounts(&slots);
    let refresh = call_with(world.refresh_accounts(), ix::Refresh { slots }, given);
    Stage::new(world, refresh)
}

fn token_with_a_fee() -> Token {
    Token::Token2022(vec![Extension::transfer_fee(100, 1_000_000)])
}

fn list_bank() -> Stage {
    let world = World::with(LiteChain::new(), |spec| {
        spec.fill_up_to(5);
        let bare = spec.asset(4);
        (bare.bank, bare.market) = (None, None);
        bare.token = token_with_a_fee();
        spec.launch = false;
    });
    let params = world.spec.clone().bank(SOL).clone();
    let list = ix::ListBank { slot: 4, params };
    let accounts = world.list_bank_accounts(4);
    Stage::new(world, call(accounts, list))
}

fn of_a_token_with_a_fee(deposits: bool) -> Stage {
    let mut world = World::with(LiteChain::new(), |spec| {
        spec.asset(ETH).token = token_with_a_fee();
    });
    world.alice().deposits(eth(1)).longs(sol(1)).done();
    world.fund("alice", ETH, 1_000);
    world.tick();
    let amount = 500;
    let call = if deposits {
        call(
            world.deposit_accounts("alice", 0, ETH),
            ix::Deposit { amount },
        )
    } else {
        let borrow = false;
        let accounts = world.withdraw_accounts("alice", 0, ETH);
        call(accounts, ix::Withdraw { amount, borrow })
    };
    Stage::new(world, call)
}

/// Two positions and a deposit, measured rates, scenarios.
fn liquidate_under_portfolio() -> Stage {
    let mut world = World::with(LiteChain::new(), |spec| spec.measured());
    world.alice().uses(ModelKind::Portfolio).done();
    world.alice().deposits(usdc(4_000)).deposits(sol(2)).done();
    world.alice().longs(sol(100)).shorts(eth(1)).done();
    world.keeper().deposits(usdc(10_000)).done();
    let mut price = 150.0;
    while world.assess("alice").state < 3 {
        price -= 1.0;
        world.price(SOL, price);
    }
    let account = world.account_key("alice", 0);
    let legs = vec![position_leg(SOL), position_leg(ETH), collateral_leg(SOL)];
    let given = [SOL, ETH].map(|slot| meta(world.asset(slot).market, true));
    let bank = meta(world.asset(SOL).bank, true);
    let given = given.into_iter().chain([bank]).collect();
    let accounts = world.liquidate_accounts("keeper", account);
    Stage::new(world, call_with(accounts, ix::Liquidate { legs }, given))
}
