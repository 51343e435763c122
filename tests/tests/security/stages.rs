//! One valid call of every instruction, in a world where nothing but its accounts can be wrong.

use plimsoll::constants::CODE_NOTICE;
use plimsoll::instructions::{AssetParams, OrderParams, RequestParams};
use plimsoll::state::{oracle_kind, request_kind};
use plimsoll_tests::chain::program_bytes;
use plimsoll_tests::code::code_key;
use plimsoll_tests::exchange::BOOK_BYTES;
use plimsoll_tests::params::hash;
use plimsoll_tests::prelude::*;
use plimsoll_tests::world::pda;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use crate::foreign;
use crate::governance::{listing_after_launch, of_governance};

/// A world, and a call that would succeed in it.
pub struct Stage {
    /// The world.
    pub world: World<LiteChain>,
    /// Instructions of the same transaction before the call.
    pub before: Vec<Instruction>,
    /// The call.
    pub call: Instruction,
    /// Instructions of the same transaction after the call.
    pub after: Vec<Instruction>,
    /// Addresses that have a twin in another exchange.
    pub twins: Vec<Address>,
}

impl Stage {
    /// Of a world and a call, with the twins of everything that there is.
    pub fn new(mut world: World<LiteChain>, call: Instruction) -> Self {
        let orders = ["alice", "bob"]
            .into_iter()
            .flat_map(|name| world.standing_orders(name));
        let mut more: Vec<Address> = orders.collect();
        more.extend(world.change_keys());
        let twins = foreign::found(&mut world, &more);
        Self {
            world,
            before: Vec::new(),
            call,
            after: Vec::new(),
            twins,
        }
    }

    /// Sends the call with an account replaced, or as it is.
    pub fn send(&mut self, call: Instruction) -> Result<Receipt, Failure> {
        let mut all = self.before.clone();
        all.push(call);
        all.extend(self.after.clone());
        let keys = everybody();
        let keys: Vec<&Keypair> = keys.iter().collect();
        self.world.send_signed(&all, &keys)
    }
}

/// Everybody who may be asked to sign.
fn everybody() -> Vec<Keypair> {
    let names = [
        "alice",
        "bob",
        "keeper",
        "mallory",
        "authority",
        "treasury",
        "lp",
        "founder",
        "fee payer",
        "second book",
        "guardian",
        "deployer",
    ];
    names.into_iter().map(wallet).collect()
}

/// The stage of an instruction; none for an instruction nobody has written one for.
pub fn stage(instruction: &str) -> Option<Stage> {
    Some(match instruction {
        "create_exchange" => create_exchange(),
        "list_asset" | "list_bank" | "list_market" | "list_scenario" | "launch" => {
            before_launch(instruction)
        }
        "fund_insurance" => {
            let mut world = inhabited();
            world.fund("alice", USDC, 50);
            let accounts = world.fund_insurance_accounts("alice");
            Stage::new(world, call(accounts, ix::FundInsurance { amount: 50 }))
        }
        "open_account" | "close_account" | "set_delegate" | "set_lending" | "set_model"
        | "transfer" | "deposit" | "withdraw" => of_a_wallet(instruction),
        "pool_request" | "pool_price" | "pool_execute" => of_the_pool(instruction),
        "swap_begin" | "swap_end" => of_a_swap(instruction),
        "place_order" | "execute_order" | "cancel_order" => of_an_order(instruction),
        "execute_order of a pair" | "cancel_order of a pair" => of_a_pair(instruction),
        "refresh" | "sync" | "settle" | "call_margin" | "assess" => of_anybody(instruction),
        "liquidate" => liquidate(),
        "settle_bad_debt" => settle_bad_debt(),
        "deleverage" => deleverage(),
        "announce_change"
        | "apply_change"
        | "cancel_change"
        | "tighten"
        | "collect_fees"
        | "apply_change of a bank"
        | "tighten of a market" => of_governance(instruction),
        "list_bank after launch" | "list_market after launch" => listing_after_launch(instruction),
        "hand_over_code"
        | "propose_code_authority"
        | "accept_code_authority"
        | "announce_upgrade"
        | "cancel_upgrade"
        | "apply_upgrade"
        | "close_buffer" => of_the_code(instruction),
        _ => return None,
    })
}

/// Alice and Bob have deposits and positions, the keeper has capital.
pub fn inhabited() -> World<LiteChain> {
    let mut world = World::new(LiteChain::new());
    world.alice().deposits(usdc(1_000)).deposits(sol(1)).done();
    world.alice().longs(sol(40)).done();
    world.bob().deposits(usdc(1_000)).deposits(sol(1)).done();
    world.bob().longs(sol(10)).done();
    world.keeper().deposits(usdc(10_000)).done();
    for name in ["mallory", "bob", "alice"] {
        world.fund(name, USDC, 1_000);
        world.fund(name, SOL, 1_000);
        world.open_shares(name);
    }
    world
}

fn create_exchange() -> Stage {
    let world = World::new(LiteChain::new());
    let (book, creator) = (key_of("second book"), key_of("founder"));
    let payer = key_of("fee payer");
    let id = 7u64;
    let accounts = ax::CreateExchange {
        creator,
        payer,
        exchange: pda(&[b"exchange", creator.as_ref(), &id.to_le_bytes()]),
        book,
        ..world.create_accounts()
    };
    let roles = plimsoll::instructions::Roles {
        authority: creator,
        ..world.spec.roles.clone()
    };
    let params = world.spec.exchange.clone();
    let rent = world.chain.rent(BOOK_BYTES);
    let space = BOOK_BYTES as u64;
    let create = solana_system_interface::instruction::create_account(
        &payer,
        &book,
        rent,
        space,
        &plimsoll::ID,
    );
    let mut stage = Stage::new(
        world,
        call(accounts, ix::CreateExchange { id, roles, params }),
    );
    stage.before.push(create);
    stage
}

/// Slot 4 has neither bank nor market yet.
const BARE: u8 = 4;

fn before_launch(instruction: &str) -> Stage {
    let world = World::with(LiteChain::new(), |spec| {
        spec.fill_up_to(5);
        let bare = spec.asset(BARE);
        (bare.bank, bare.market) = (None, None);
        spec.launch = false;
    });
    let mut spec = world.spec.clone();
    let call = match instruction {
        "list_asset" => {
            let params = AssetParams {
                feed_id: hash("one more"),
                oracle_kind: oracle_kind::PULL,
                ..spec.params(SOL).clone()
            };
            call(world.list_asset_accounts(), ix::ListAsset { params })
        }
        "list_scenario" => {
            let shocks = vec![-800];
            call(world.list_scenario_accounts(), ix::ListScenario { shocks })
        }
        "list_bank" => {
            let params = spec.bank(SOL).clone();
            let args = ix::ListBank { slot: BARE, params };
            call(world.list_bank_accounts(BARE), args)
        }
        "list_market" => {
            let params = spec.market(SOL).clone();
            let args = ix::ListMarket { slot: BARE, params };
            call(world.list_market_accounts(BARE), args)
        }
        _ => world.launch_instruction(),
    };
    Stage::new(world, call)
}

fn of_a_wallet(instruction: &str) -> Stage {
    let mut world = inhabited();
    world.tick();
    let call = match instruction {
        "open_account" => call(world.open_accounts("alice", 1), ix::OpenAccount { id: 1 }),
        "close_account" => {
            world.alice().account(1).opens_account().done();
            call(world.close_accounts("alice", 1), ix::CloseAccount {})
        }
        "set_delegate" => {
            let args = ix::SetDelegate {
                delegate: key_of("bob"),
                daily_notional: 50,
            };
            call(world.set_delegate_accounts("alice", 0), args)
        }
        "transfer" => {
            world.alice().account(1).opens_account().done();
            let args = ix::Transfer { amount: 50 };
            call(world.transfer_accounts("alice", 0, 1), args)
        }
        "set_lending" => {
            world.keeper().syncs_banks().done();
            let accounts = world.set_lending_accounts("alice", 0, USDC);
            call(accounts, ix::SetLending { lend: true })
        }
        "set_model" => {
            let model = ModelKind::Portfolio.code();
            call(world.set_model_accounts("alice", 0), ix::SetModel { model })
        }
        "deposit" => {
            let accounts = world.deposit_accounts("alice", 0, USDC);
            call(accounts, ix::Deposit { amount: 50 })
        }
        _ => {
            let accounts = world.withdraw_accounts("alice", 0, USDC);
            call(
                accounts,
                ix::Withdraw {
                    amount: 50,
                    borrow: false,
                },
            )
        }
    };
    Stage::new(world, call)
}

/// Alice asks to leave the pool, Bob to join it.
fn of_the_pool(instruction: &str) -> Stage {
    let mut world = inhabited();
    world.alice().joins_pool(1_000_000).done();
    world.fund("alice", USDC, 1_000);
    if instruction == "pool_request" {
        let params = RequestParams {
            id: 99,
            kind: request_kind::DEPOSIT,
            amount: 500,
            least: 0,
            keeper_fee: 50_000,
        };
        let accounts = world.pool_request_accounts("alice", 99);
        world.watch_request(accounts.request);
        return Stage::new(world, call(accounts, ix::PoolRequest { params }));
    }
    let filed = world.alice().requests_withdrawal(500_000).filed();
    world.bob().requests_deposit(500).done();
    world.reach_request(&filed);
    let call = if instruction == "pool_price" {
        world.price_instruction(&filed, &[SOL])
    } else {
        world.keeper().prices(&filed).done();
        world.end_request("keeper", &filed)
    };
    Stage::new(world, call)
}

/// Alice takes a little of one token out and ends with another, so that the two instructions share no
/// account whose flags one could lend to the other, but her margin account and her signature.
fn of_a_swap(instruction: &str) -> Stage {
    let mut world = inhabited();
    world.tick();
    let begins = instruction == "swap_begin";
    let (out, back) = if begins { (USDC, SOL) } else { (SOL, USDC) };
    let amount = Amount {
        slot: out,
        atoms: 50,
    };
    let begin = world.begin_instruction("alice", 0, amount, false);
    let end = world.end_instruction("alice", 0, back, 950);
    if begins {
        let mut stage = Stage::new(world, begin);
        stage.after.push(end);
        stage
    } else {
        let mut stage = Stage::new(world, end);
        stage.before.push(begin);
        stage
    }
}

fn of_an_order(instruction: &str) -> Stage {
    let mut world = inhabited();
    world.tick();
    if instruction == "place_order" {
        let params = OrderParams {
            id: 99,
            ..market_order(1_000_000_000, 50_000)
        };
        let accounts = world.place_accounts("alice", 0, SOL, 99);
        world.watch_order(accounts.order);
        return Stage::new(world, call(accounts, ix::PlaceOrder { params }));
    }
    let order = world.alice().asks_long(sol(1)).order();
    world.bob().asks_long(sol(1)).order();
    let price = world.reach(&order);
    let call = if instruction == "execute_order" {
        let accounts = world.execute_accounts("keeper", &order, price);
        call(accounts, ix::ExecuteOrder {})
    } else {
        world.advance(61);
        call(world.cancel_accounts("keeper", &order), ix::CancelOrder {})
    };
    Stage::new(world, call)
}

/// Alice, long, has a stop that is triggered and a take-profit, of which one executes; Bob has a stop.
fn of_a_pair(instruction: &str) -> Stage {
    let mut world = inhabited();
    world.tick();
    let stop = Ask::short(sol(1)).stop(usdc(200)).id(50).paired_with(51);
    let profit = Ask::short(sol(1)).take_profit(usdc(300));
    let order = world.alice().places(stop);
    world.alice().places(profit.id(51).paired_with(50));
    world.bob().places(Ask::short(sol(1)).stop(usdc(200)));
    let price = world.reach(&order);
    let call = if instruction == "execute_order of a pair" {
        let accounts = world.execute_accounts("keeper", &order, price);
        call(accounts, ix::ExecuteOrder {})
    } else {
        let accounts = world.cancel_accounts("alice", &order);
        call(accounts, ix::CancelOrder {})
    };
    Stage::new(world, call)
}

fn of_anybody(instruction: &str) -> Stage {
    let mut world = inhabited();
    let account = world.account_key("alice", 0);
    match instruction {
        "refresh" => {
            world.advance(5);
            world.publish(SOL, 151.0);
        }
        "call_margin" => world.price(SOL, 133.0),
        _ => world.tick(),
    }
    let call = match instruction {
        "refresh" => {
            let args = ix::Refresh { slots: vec![SOL] };
            call_with(world.refresh_accounts(), args, world.feed_accounts(&[SOL]))
        }
        "sync" => call_with(world.sync_accounts(), ix::Sync {}, world.all_markets(true)),
        "settle" => {
            let markets = world.markets_of(&account);
            call_with(world.settle_accounts(account), ix::Settle {}, markets)
        }
        "call_margin" => call(world.call_margin_accounts(account), ix::CallMargin {}),
        _ => call(world.assess_accounts(account), ix::Assess {}),
    };
    Stage::new(world, call)
}

/// A position, lent collateral and a debt that the keeper pays from his deposit: every account is needed.
fn liquidate() -> Stage {
    let mut world = inhabited();
    world.alice().lends(SOL).done();
    world.actor("lp").deposits(eth(100)).lends(ETH).done();
    world.keeper().deposits(eth(10)).done();
    world.alice().deposits(usdc(200)).borrows(eth(0.1)).done();
    world.price(SOL, 130.0);
    let account = world.account_key("alice", 0);
    let legs = vec![position_leg(SOL), collateral_leg(SOL), debt_leg(ETH)];
    let given = vec![
        meta(world.asset(SOL).market, true),
        meta(world.asset(ETH).bank, true),
    ];
    let accounts = world.liquidate_accounts("keeper", account);
    Stage::new(world, call_with(accounts, ix::Liquidate { legs }, given))
}

/// Alice owes ETH that her last dollars do not pay for; insurance buys it from the keeper.
fn settle_bad_debt() -> Stage {
    let mut world = World::with(LiteChain::new(), |spec| spec.frictionless());
    world.bob().deposits(eth(100)).lends(ETH).done();
    world.alice().deposits(usdc(1_000)).borrows(eth(0.2)).done();
    world.keeper().deposits(usdc(10_000)).done();
    world.price(ETH, 8_000.0);
    let leg = plimsoll::instructions::LiquidationLeg {
        most: eth(0.113).atoms,
        ..debt_leg(ETH)
    };
    world.keeper().liquidates("alice", &[leg]).done();
    world.keeper().deposits(eth(1)).done();
    for name in ["mallory", "bob", "alice"] {
        world.fund(name, USDC, 1_000);
        world.fund(name, SOL, 1_000);
        world.open_shares(name);
    }
    world.tick();
    let account = world.account_key("alice", 0);
    let accounts = world.settle_bad_debt_accounts("keeper", account);
    let banks = world.banks_of(&account);
    Stage::new(world, call_with(accounts, ix::SettleBadDebt {}, banks))
}

fn deleverage() -> Stage {
    let mut world = World::with(LiteChain::new(), |spec| {
        spec.frictionless();
        spec.pool_deposit = usdc(10_000).atoms;
    });
    world.bear_any_stress();
    world.alice().deposits(usdc(5_000)).longs(sol(50)).done();
    world.bob().deposits(usdc(1_000)).longs(sol(10)).done();
    for name in ["mallory", "bob", "alice"] {
        world.fund(name, USDC, 1_000);
        world.fund(name, SOL, 1_000);
        world.open_shares(name);
    }
    world.price(SOL, 300.0);
    let markets = world.all_markets(true);
    let call = call_with(
        world.deleverage_accounts(),
        ix::Deleverage { slot: SOL },
        markets,
    );
    Stage::new(world, call)
}

/// The deployer announces and applies, and Bob is to take over from him.
fn of_the_code(instruction: &str) -> Stage {
    let mut world = inhabited();
    if instruction == "hand_over_code" {
        let accounts = world.hand_over_accounts();
        return Stage::new(world, call(accounts, ix::HandOverCode {}));
    }
    world.actor("deployer").hands_over_code().done();
    let bob = key_of("bob");
    world.actor("deployer").proposes_code_authority(bob).done();
    let buffer = world.frozen_buffer("buffer", &program_bytes());
    world.frozen_buffer("another buffer", &program_bytes());
    if matches!(instruction, "cancel_upgrade" | "apply_upgrade") {
        world.actor("deployer").announces_upgrade(buffer).done();
        world.chain.next_slot();
        world.advance(CODE_NOTICE);
    }
    let (authority, code) = (key_of("deployer"), code_key());
    let call = match instruction {
        "propose_code_authority" => {
            let args = ix::ProposeCodeAuthority { authority: bob };
            call(ax::ProposeCodeAuthority { authority, code }, args)
        }
        "accept_code_authority" => {
            let accounts = ax::AcceptCodeAuthority { pending: bob, code };
            call(accounts, ix::AcceptCodeAuthority {})
        }
        "announce_upgrade" => {
            let accounts = world.announce_accounts("deployer", buffer);
            call(accounts, ix::AnnounceUpgrade {})
        }
        "cancel_upgrade" => call(ax::CancelUpgrade { authority, code }, ix::CancelUpgrade {}),
        "apply_upgrade" => call(world.apply_accounts(buffer), ix::ApplyUpgrade {}),
        _ => {
            let accounts = world.close_buffer_accounts("deployer", buffer);
            call(accounts, ix::CloseBuffer {})
        }
    };
    Stage::new(world, call)
}
