//! The domain language of the integration tests.
//!
//! # A test
//! ```ignore
//! use plimsoll_tests::prelude::*;
//!
//! let mut world = World::new(BankChain::new());           // or LiteChain::new()
//! world.alice().deposits(usdc(1_000)).longs(sol(50)).done();
//! world.price(SOL, 140.0);                                // every feed publishes, the book is fresh
//! world.alice().withdraws(usdc(900)).refused_with(PlimsollError::BelowInitial);
//! world.keeper().liquidates("alice", &[position_leg(SOL)]).refused_with(PlimsollError::AccountHealthy);
//! ```
//! # What a world is
//! [`World::new`] makes exchange and book, lists USDC (quote, slot 0), SOL, BTC and ETH with banks and
//! markets by the defaults in [`params`], funds insurance, launches, and lets "lp" make the first
//! deposit into the pool. [`World::with`] takes a closure that changes the [`Spec`](params::Spec)
//! first: `World::with(chain, |spec| spec.market(SOL).spread_ppm = 0)`, `spec.frictionless()` (no
//! confidence, spread or taker fee; impact remains), `spec.push_feeds()`, `spec.fill_up_to(32)`,
//! `spec.asset(BTC).token = Token::Token2022(vec![Extension::transfer_fee(100, u64::MAX)])`,
//! `spec.with_liquid_staking()` (JITOSOL in slot 4, redeemed for 1.2 SOL by a stake pool),
//! `spec.launch = false`. Rates are fixed, floor and cap the same, unless `spec.measured()` gives the
//! four assets the measured rates, terms of size and [`scenarios`] of the risk model. Wallets are names; the same name is the same key in every world, so two
//! worlds told the same are identical. Fees and rents of transactions are paid by a wallet of its own.
//!
//! # Who does what
//! `world.alice()`, `bob`, `carol`, `mallory`, `keeper`, or `world.actor("dora")`; `.account(1)` for
//! another of his margin accounts. Actions: `opens_account`, `closes_account`,
//! `uses(ModelKind::Portfolio)`, `deposits` (opens the
//! account and gives the tokens where needed), `withdraws`, `wraps_and_deposits` and
//! `withdraws_and_unwraps` (SOL as a client moves it), `lends(SOL)`, `stops_lending(SOL)`, `borrows` (these
//! three sync the banks first), `donates` (past the program, to the vault), `asks(Ask::long(sol(1)).limit(usdc(160)))`,
//! `asks_long`, `asks_short`, `longs` and `shorts` (place at fresh prices, wait, keeper executes on the
//! determined update, book refreshed), `trades(Ask)` (the same, may be refused), `places(Ask)` (returns the
//! order: `Ask::short(sol(10)).at(usdc(1_600))` is a limit, `.stop(..)` and `.take_profit(..)` have a trigger,
//! `.reduce()`, `.close()`, `.until(time)`, `.paired_with(id)` go with each), `executes(&order)`,
//! `executes_on(&order, price_account)`, `cancels`, `settles("alice")`, `syncs`,
//! `swaps(usdc(5_000), sol(33))` (at a venue, borrowing; the chain is made by `with_venue()` and the world
//! opens it by `open_venue()`; `through_venue(&instruction)` lets the venue call it, `relayed_by_venue` return
//! what it was returned, `venue_does(request)` anything else it can),
//! `calls_margin("alice")`, `liquidates("alice", &legs)`, `settles_bad_debt("alice")`, `funds_insurance`, `joins_pool` and
//! `leaves_pool` (ask, wait for the cool-down, record prices, execute), `requests_deposit`, `requests_withdrawal`,
//! `prices(&filed)`, `ends(&filed)`, and
//! `hands_over_code`, `announces_upgrade(buffer)`, `cancels_upgrade`, `applies_upgrade(buffer)`, `closes_buffer(buffer)`,
//! `proposes_code_authority(key)` and `accepts_code_authority` (see [`code`]; a chain begins with the program deployed by
//! "deployer"), and `does(&[instruction])` for everything else. Each needs the one before to have succeeded. The last
//! ends in `done()` → [`Receipt`](chain::Receipt), `refused_with(PlimsollError::X)`,
//! `refused_with_code`, `order_refused_with` (an execution that closed the order as refused), `order()`
//! or `outcome()`; a refusal that nobody asked about panics.
//!
//! # Time and prices
//! `world.advance(60)` moves the clock and lets prices grow old; `world.tick()` publishes all of them
//! again; `world.price(SOL, 150.0)`, also `Report::at(150.0).conf(0.3).ema(149.0)`;
//! `world.publish(SOL, 151.0)` into the feed's account only, `publish_at` at a time of one's choice;
//! `world.post(&PriceUpdate { price: -1, ..world.update(SOL) })` posts a doctored update elsewhere and
//! `world.refresh_from(SOL, key)` offers it. `world.redeems(JITOSOL, 1.25)` changes what a stake pool
//! redeems, `world.publish_pool(JITOSOL, StakePool { supply: 0, ..world.stake_pool(JITOSOL) })` breaks
//! it, `world.chain.set_epoch(7)` lets it grow old.
//!
//! # What is checked without asking
//! After every success [`conservation`], to the atom; after every refusal, that no account of the world
//! has changed. `world.checks` turns them off where millions are sent. `world.snapshot()` and
//! `world.changed_since(&before)` name what a success has changed.
//!
//! # Attacks
//! [`accounts`] gives the accounts of each instruction as the program's client struct:
//! `call(ax::Deposit { vault, ..world.deposit_accounts("alice", 0, USDC) }, ix::Deposit { amount: 1 })`.
//!
//! # The engine beside the chain
//! [`engine_view`]: `world.health("alice")`, `health_as`, `report`, `plan("alice", &legs)`, `quote_trade`, with
//! the program's own implementations of the engine's traits.

pub mod accounts;
pub mod actor;
pub mod amounts;
pub mod chain;
pub mod code;
pub mod conservation;
pub mod demo;
pub mod engine_view;
pub mod exchange;
pub mod feeds;
pub mod governance;
pub mod logs;
pub mod orders;
pub mod params;
pub mod pool;
pub mod pyth;
pub mod scenarios;
pub mod stake_pool;
pub mod state;
pub mod swaps;
pub mod tokens;
pub mod walk;
pub mod world;
pub mod wrapping;

/// Everything a test needs.
pub mod prelude {
    pub use crate::accounts::{call, call_with, meta};
    pub use crate::actor::{collateral_leg, debt_leg, key_of, position_leg, Actor};
    pub use crate::amounts::*;
    pub use crate::chain::{BankChain, Chain, Failure, LiteChain, Receipt};
    pub use crate::orders::{market_order, Ask, PlacedOrder};
    pub use crate::params::{Spec, BTC, ETH, JITOSOL, SOL, USDC};
    pub use crate::pool::Filed;
    pub use crate::pyth::{PriceUpdate, PushPrice, Report, Verification};
    pub use crate::stake_pool::StakePool;
    pub use crate::swaps::{relayed_by_venue, signed_by_venue, through_venue, venue_does};
    pub use crate::tokens::{Extension, Token};
    pub use crate::world::{wallet, World};
    pub use plimsoll::accounts as ax;
    pub use plimsoll::error::PlimsollError;
    pub use plimsoll::instruction as ix;
    pub use plimsoll_engine::requirement::ModelKind;
    pub use solana_signer::Signer;
}
