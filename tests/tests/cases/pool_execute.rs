//! `pool_execute`: shares, ends, keepers, and whose markets. What a share is worth is in `pool_value`.

use super::{anchor, world, world_with};
use plimsoll::events::PoolRefused;
use plimsoll_engine::pool::{DEAD_SHARES, FIRST_DEPOSIT};
use plimsoll_tests::prelude::*;
use solana_instruction::{AccountMeta, Instruction};

/// Launched, and nobody is in the pool.
fn empty() -> World<BankChain> {
    world_with(|spec| spec.pool_deposit = 0)
}

#[test]
fn the_first_deposit_leaves_dead_shares_behind() {
    let mut world = empty();
    let told = world.bob().joins_pool(FIRST_DEPOSIT).pool_executed();
    let minted = FIRST_DEPOSIT - DEAD_SHARES;
    assert_eq!((told.provider, told.keeper), (key_of("bob"), key_of("bob")));
    assert_eq!(
        (told.quote, told.shares, told.net_asset_value),
        (FIRST_DEPOSIT, minted, 0)
    );
    let pool = world.pool();
    assert_eq!((pool.cash, pool.shares), (FIRST_DEPOSIT, FIRST_DEPOSIT));
    assert_eq!(
        (world.shares("bob"), world.share_supply()),
        (minted, minted)
    );
    assert_eq!(world.tokens("bob", USDC), 0);
}

#[test]
fn the_first_deposit_is_a_thousand_dollars_to_the_atom() {
    let mut world = empty();
    for amount in [1, DEAD_SHARES, FIRST_DEPOSIT - 1] {
        world
            .bob()
            .joins_pool(amount)
            .pool_refused_with(PlimsollError::DepositTooSmall);
        assert_eq!(world.tokens("bob", USDC), amount, "it went back");
    }
    world.bob().joins_pool(FIRST_DEPOSIT).pool_executed();
    // From now on any amount that buys a share.
    world.bob().joins_pool(1).pool_executed();
}

#[test]
fn without_trades_a_share_stays_what_was_paid_for_it() {
    let mut world = world();
    world.bob().joins_pool(usdc(77).atoms).pool_executed();
    world.carol().joins_pool(1).pool_executed();
    assert_eq!(
        (world.shares("bob"), world.shares("carol")),
        (77_000_000, 1)
    );
    world.bob().leaves_pool(77_000_000).pool_executed();
    assert_eq!(world.tokens("bob", USDC), 77_000_000);
}

#[test]
fn the_least_that_was_asked_for_is_kept_to_the_share() {
    let mut world = world();
    world
        .bob()
        .joins_pool_for(1_000, 1_001)
        .pool_refused_with(PlimsollError::Slippage);
    assert_eq!(world.tokens("bob", USDC), 1_000);
    world.bob().joins_pool_for(1_000, 1_000).pool_executed();
    let mut world = empty();
    let minted = FIRST_DEPOSIT - DEAD_SHARES;
    world
        .bob()
        .joins_pool_for(FIRST_DEPOSIT, minted + 1)
        .pool_refused_with(PlimsollError::Slippage);
    world
        .bob()
        .joins_pool_for(FIRST_DEPOSIT, minted)
        .pool_executed();
}

/// Alice is long SOL; Bob's request to join has its price, and its instant has come.
fn due() -> (World<BankChain>, Filed) {
    let mut world = world();
    world.alice().deposits(usdc(50_000)).longs(sol(100)).done();
    let filed = world.bob().requests_deposit(usdc(1_000).atoms).filed();
    world.reach_request(&filed);
    world.keeper().prices(&filed).done();
    (world, filed)
}

#[test]
fn anybody_executes_and_is_paid_and_the_rent_returns() {
    let (mut world, filed) = due();
    world.meet("mallory");
    let held = world.lamports_of(&filed.key);
    let (keeper, bob) = (world.lamports("mallory"), world.lamports("bob"));
    let told = world.mallory().ends(&filed).pool_executed();
    assert_eq!(
        (told.keeper, told.provider),
        (key_of("mallory"), key_of("bob"))
    );
    assert_eq!(world.lamports("mallory"), keeper + 50_000);
    assert_eq!(world.lamports("bob"), bob + held - 50_000);
    assert!(world.pool_request(&filed.key).is_none());
    assert_eq!(world.shares("bob"), told.shares);
    assert_eq!(world.shares("mallory"), 0);
    assert_eq!(world.pool().requested_quote, 0);
}

#[test]
fn nothing_happens_before_the_instant() {
    let mut world = world();
    let filed = world.bob().requests_deposit(1_000).filed();
    world.chain.set_clock(filed.execute_at - 1);
    world
        .keeper()
        .ends(&filed)
        .refused_with(PlimsollError::RequestNotDue);
    world.chain.set_clock(filed.execute_at);
    world.keeper().ends(&filed).pool_executed();
}

#[test]
fn a_request_executes_once() {
    let (mut world, filed) = due();
    let before = world.pool();
    world.keeper().ends(&filed).pool_executed();
    world
        .keeper()
        .ends(&filed)
        .refused_with_code(anchor::WRONG_OWNER, "it is gone");
    assert_eq!(world.pool().cash, before.cash + usdc(1_000).atoms);
    // Nor twice in one transaction: the second finds it closed.
    let filed = world.carol().requests_deposit(usdc(1_000).atoms).filed();
    world.reach_request(&filed);
    world.keeper().prices(&filed).done();
    let end = world.end_request("keeper", &filed);
    world.keeper().does(&[end.clone(), end]).refused();
}

#[test]
fn a_request_lapses_after_an_hour_and_goes_back_whole() {
    let mut world = world();
    world.alice().deposits(usdc(50_000)).longs(sol(100)).done();
    world.meet("mallory");
    world.bob().joins_pool(usdc(1_000).atoms).pool_executed();
    let shares = world.shares("bob");
    let deposit = world.bob().requests_deposit(500).filed();
    let leaving = world.bob().requests_withdrawal(shares).filed();
    world.chain.set_clock(leaving.execute_at + 3_600);
    world.tick();
    let mut last = world.bob().requests_deposit(7).filed();
    world
        .keeper()
        .ends(&leaving)
        .refused_with(PlimsollError::RequestUnpriced);
    world.advance(1);
    // Prices are of no use any more, and markets need not be given.
    for filed in [&deposit, &leaving] {
        let keeper = world.lamports("mallory");
        let end = call(
            world.pool_execute_accounts("mallory", filed),
            ix::PoolExecute {},
        );
        let told = world.mallory().does(&[end]).done().event::<PoolRefused>();
        assert_eq!((told.code, told.provider), (0, key_of("bob")));
        assert_eq!(world.lamports("mallory"), keeper + 50_000);
    }
    assert_eq!(
        (world.tokens("bob", USDC), world.shares("bob")),
        (500, shares)
    );
    let pool = world.pool();
    assert_eq!((pool.requested_quote, pool.requested_shares), (7, 0));
    last.payer = key_of("mallory");
    world.advance(7_200);
    world
        .mallory()
        .ends(&last)
        .refused_with(PlimsollError::WrongRentRecipient);
}

#[test]
fn a_market_with_open_interest_needs_its_price() {
    let mut world = world();
    world
        .alice()
        .deposits(usdc(50_000))
        .longs(sol(100))
        .longs(eth(1))
        .done();
    let filed = world.bob().requests_deposit(1_000).filed();
    world.reach_request(&filed);
    world
        .keeper()
        .ends(&filed)
        .refused_with(PlimsollError::RequestUnpriced);
    let price = world.price_instruction(&filed, &[SOL]);
    world.keeper().does(&[price]).done();
    world
        .keeper()
        .ends(&filed)
        .refused_with(PlimsollError::RequestUnpriced);
    // Nobody trades BTC.
    let price = world.price_instruction(&filed, &[ETH]);
    world.keeper().does(&[price]).done();
    world.keeper().ends(&filed).pool_executed();
}

#[test]
fn an_old_price_of_the_book_is_an_error_and_not_a_refusal() {
    let (mut world, filed) = due();
    world.advance(21);
    world
        .keeper()
        .ends(&filed)
        .refused_with(PlimsollError::PriceStale);
    // Of a market nobody trades in it does not matter.
    world.publish(SOL, 150.0);
    world.refresh_slots(&[SOL]).expect("refreshed");
    world.advance(20);
    world.keeper().ends(&filed).pool_executed();
}

#[test]
fn every_market_is_given_once_and_in_order() {
    let (mut world, filed) = due();
    let all = world.all_markets(true);
    let (sol, btc, eth) = (all[0].clone(), all[1].clone(), all[2].clone());
    let foreign = world.forge_of_another_book(&sol.pubkey, 0);
    let end = |world: &World<BankChain>, markets: Vec<AccountMeta>| -> Instruction {
        let accounts = world.pool_execute_accounts("keeper", &filed);
        call_with(accounts, ix::PoolExecute {}, markets)
    };
    let wrong = [
        vec![],
        vec![sol.clone(), btc.clone()],
        vec![btc.clone(), eth.clone()],
        vec![sol.clone(), eth.clone(), btc.clone()],
        vec![sol.clone(), sol.clone(), eth.clone()],
        vec![sol.clone(), btc.clone(), eth.clone(), eth.clone()],
        vec![sol.clone(), btc.clone(), eth.clone(), sol.clone()],
        vec![meta(foreign, true), btc.clone(), eth.clone()],
    ];
    for markets in wrong {
        let end = end(&world, markets);
        world
            .keeper()
            .does(&[end])
            .refused_with(PlimsollError::WrongMarkets);
    }
    let bank = meta(world.asset(SOL).bank, true);
    let with_a_bank = end(&world, vec![bank, btc, eth]);
    world
        .keeper()
        .does(&[with_a_bank])
        .refused_with_code(anchor::WRONG_TYPE, "a bank is no market");
    let wallet = meta(key_of("bob"), true);
    let with_wallets = end(&world, vec![wallet; 3]);
    world
        .keeper()
        .does(&[with_wallets])
        .refused_with_code(anchor::WRONG_OWNER, "a wallet is no market");
    world.keeper().ends(&filed).pool_executed();
}

fn is_refused(
    world: &mut World<BankChain>,
    filed: &Filed,
    change: impl Fn(ax::ExecutePool) -> ax::ExecutePool,
    error: PlimsollError,
) {
    let accounts = change(world.pool_execute_accounts("mallory", filed));
    let end = call_with(accounts, ix::PoolExecute {}, world.all_markets(true));
    world.mallory().does(&[end]).refused_with(error);
}

#[test]
fn what_a_request_gets_goes_nowhere_else() {
    let (mut world, filed) = due();
    world.fund("mallory", USDC, 10);
    world.open_shares("mallory");
    let (quote, shares) = (
        world.token_key("mallory", USDC),
        world.shares_key("mallory"),
    );
    let error = PlimsollError::WrongTokenOwner;
    let theirs = |mut accounts: ax::ExecutePool| {
        accounts.shares_account = shares;
        accounts
    };
    is_refused(&mut world, &filed, theirs, error);
    let theirs = |mut accounts: ax::ExecutePool| {
        accounts.quote_account = quote;
        accounts
    };
    is_refused(&mut world, &filed, theirs, error);
    let rent = |mut accounts: ax::ExecutePool| {
        accounts.payer = key_of("mallory");
        accounts
    };
    let error = PlimsollError::WrongRentRecipient;
    is_refused(&mut world, &filed, rent, error);
}

#[test]
fn pool_request_bank_and_mints_belong_together() {
    let (mut world, filed) = due();
    let foreign_request = world.forge_of_another_book(&filed.key, 0);
    let foreign_pool = world.forge_of_another_book(&world.keys.pool.clone(), 0);
    let foreign_bank = world.forge_of_another_book(&world.asset(USDC).bank.clone(), 0);
    let lp_mint = world.forge(&world.keys.lp_mint.clone(), |_| {});
    let sol = world.asset(SOL).clone();
    type Change = Box<dyn Fn(&mut ax::ExecutePool)>;
    let attacks: Vec<(Change, PlimsollError)> = vec![
        (
            Box::new(move |accounts| accounts.request = foreign_request),
            PlimsollError::WrongRequest,
        ),
        (
            Box::new(move |accounts| accounts.pool = foreign_pool),
            PlimsollError::WrongPool,
        ),
        (
            Box::new(move |accounts| accounts.lp_mint = lp_mint),
            PlimsollError::WrongPool,
        ),
        (
            Box::new(move |accounts| accounts.quote_bank = foreign_bank),
            PlimsollError::WrongBank,
        ),
        (
            Box::new(move |accounts| accounts.quote_bank = sol.bank),
            PlimsollError::WrongBank,
        ),
        (
            Box::new(move |accounts| accounts.vault = sol.vault),
            PlimsollError::WrongVault,
        ),
        (
            Box::new(move |accounts| accounts.mint = sol.mint),
            PlimsollError::WrongMint,
        ),
    ];
    for (change, error) in attacks {
        let changed = |mut accounts: ax::ExecutePool| {
            change(&mut accounts);
            accounts
        };
        is_refused(&mut world, &filed, changed, error);
    }
}

/// Nobody takes a request back by closing the account it pays: the keeper opens it again.
#[test]
fn a_closed_token_account_stops_nothing() {
    let (mut world, filed) = due();
    let key = world.shares_key("bob");
    let account = world.chain.account(&key).expect("it is open");
    world.chain.set_account(key, Default::default());
    world
        .keeper()
        .ends(&filed)
        .refused_with_code(anchor::NO_ACCOUNT, "closed");
    world.chain.set_account(key, account);
    world.keeper().ends(&filed).pool_executed();
}

/// 16 markets, all traded: what the largest transaction is.
#[test]
fn sixteen_markets_fit_one_transaction() {
    let mut world = world_with(|spec| spec.fill_up_to(17));
    world.alice().deposits(usdc(200_000)).done();
    for slot in 1..17 {
        let atoms = if slot < 4 { 1_000_000 } else { 10_000_000 };
        world.alice().longs(Amount { slot, atoms }).done();
    }
    world.bob().joins_pool(usdc(1_000).atoms).pool_executed();
    let half = world.shares("bob") / 2;
    let told = world.bob().leaves_pool(half).pool_executed();
    assert!(told.quote > 0);
}
