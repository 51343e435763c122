//! One file per instruction: what it does, and what it refuses. On solana-program-test with mainnet's
//! features and the real binary.

mod cases {
    mod accept_code_authority;
    mod announce_change;
    mod announce_upgrade;
    mod apply_change;
    mod apply_upgrade;
    mod assess;
    mod borrowing;
    #[path = "../support/brink.rs"]
    mod brink;
    mod call_margin;
    mod cancel_change;
    mod cancel_order;
    mod cancel_upgrade;
    mod close_account;
    mod close_buffer;
    mod collect_fees;
    mod create_exchange;
    mod dead_feed;
    mod deleverage;
    mod deposit;
    mod execute_order;
    mod execute_order_gate;
    mod first_lender;
    #[path = "../support/forecast.rs"]
    mod forecast;
    mod fund_insurance;
    mod funding;
    mod hand_over_code;
    mod harness;
    mod impact_pump;
    mod isolated;
    mod launch;
    mod liquidate;
    mod liquidate_collateral;
    mod liquidate_debt;
    mod liquidate_discount;
    mod liquidate_refusals;
    mod liquidate_throttle;
    mod list_asset;
    mod list_bank;
    mod list_market;
    mod list_scenario;
    mod losses_apart;
    mod open_account;
    mod oracle;
    mod oracle_push;
    mod oracle_quality;
    mod order_pairs;
    mod place_order;
    mod pool_attacks;
    mod pool_execute;
    mod pool_headroom;
    mod pool_price;
    mod pool_request;
    mod pool_value;
    mod pool_withdrawal;
    mod propose_code_authority;
    mod reducing_orders;
    mod refresh;
    mod refresh_redemption;
    mod refresh_sampling;
    mod resting_order_attacks;
    mod resting_orders;
    mod set_delegate;
    mod set_lending;
    mod set_model;
    mod settle;
    mod settle_bad_debt;
    mod swap_begin;
    mod swap_end;
    mod sync;
    mod tighten;
    mod token_2022;
    mod token_2022_listing;
    mod transfer;
    mod withdraw;
    mod wrapped_sol;

    /// Codes of the framework that the cases name.
    mod anchor {
        use anchor_lang::error::ErrorCode;

        pub const NOT_SIGNER: u32 = ErrorCode::AccountNotSigner as u32;
        pub const ADDRESS: u32 = ErrorCode::ConstraintAddress as u32;
        pub const ASSOCIATED: u32 = ErrorCode::ConstraintAssociated as u32;
        pub const NO_ACCOUNT: u32 = ErrorCode::AccountNotInitialized as u32;
        pub const TOKEN_OWNER: u32 = ErrorCode::ConstraintTokenOwner as u32;
        pub const SEEDS: u32 = ErrorCode::ConstraintSeeds as u32;
        pub const WRONG_TYPE: u32 = ErrorCode::AccountDiscriminatorMismatch as u32;
        pub const WRONG_OWNER: u32 = ErrorCode::AccountOwnedByWrongProgram as u32;
        pub const DUPLICATE: u32 = ErrorCode::ConstraintDuplicateMutableAccount as u32;
    }

    /// The default world in the runtime's bank.
    fn world() -> plimsoll_tests::world::World<plimsoll_tests::chain::BankChain> {
        plimsoll_tests::world::World::new(plimsoll_tests::chain::BankChain::new())
    }

    /// The same with changes.
    fn world_with(
        change: impl FnOnce(&mut plimsoll_tests::params::Spec),
    ) -> plimsoll_tests::world::World<plimsoll_tests::chain::BankChain> {
        plimsoll_tests::world::World::with(plimsoll_tests::chain::BankChain::new(), change)
    }

    /// The default world with a venue, and 100,000 USDC and 1,000 SOL that Lena lends.
    fn market_world() -> plimsoll_tests::world::World<plimsoll_tests::chain::BankChain> {
        market_world_with(|_| {})
    }

    /// The same with changes.
    fn market_world_with(
        change: impl FnOnce(&mut plimsoll_tests::params::Spec),
    ) -> plimsoll_tests::world::World<plimsoll_tests::chain::BankChain> {
        use plimsoll_tests::prelude::*;
        let mut world = World::with(BankChain::with_venue(), change);
        world.open_venue();
        let lender = world.actor("lena");
        let lender = lender.deposits(usdc(100_000)).lends(USDC);
        lender.deposits(sol(1_000)).lends(SOL).done();
        world.tick();
        world
    }
}
