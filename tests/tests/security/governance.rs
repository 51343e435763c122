//! Valid calls of what authority, guardian and anybody may do with announced changes.

use plimsoll::instructions::Tightening;
use plimsoll::state::Patch;
use plimsoll_tests::prelude::*;

use crate::stages::{inhabited, Stage};

/// Change 1 is announced and due, the protocol has earned something.
pub fn of_governance(instruction: &str) -> Stage {
    let mut world = inhabited();
    world.sync();
    for name in ["authority", "mallory", "bob", "alice"] {
        world.fund(name, USDC, 1_000);
        world.open_shares(name);
    }
    let patch = if instruction == "apply_change of a bank" {
        let params = world.bank_params(SOL);
        Patch::Bank { slot: SOL, params }
    } else {
        let params = world.market_params(SOL);
        Patch::Market { slot: SOL, params }
    };
    let id = world.announced(patch.clone());
    world.announced(Patch::EndTightening { slots: 1 });
    world.wait_hours(72);
    let call = match instruction {
        "announce_change" => {
            let id = id + 2;
            let accounts = world.announce_change_accounts("authority", id);
            call(accounts, ix::AnnounceChange { id, patch })
        }
        "apply_change" | "apply_change of a bank" => {
            let accounts = world.apply_change_accounts("keeper", id, &patch);
            call(accounts, ix::ApplyChange {})
        }
        "cancel_change" => {
            let accounts = world.cancel_change_accounts("authority", id);
            call(accounts, ix::CancelChange {})
        }
        "tighten" => {
            let tightening = Tightening::BankCaps {
                deposit_cap: 0,
                borrow_cap: 0,
            };
            let accounts = world.tighten_accounts("authority", &tightening, SOL);
            call(accounts, ix::Tighten { tightening })
        }
        "tighten of a market" => {
            let tightening = Tightening::MarketCaps {
                max_skew: 0,
                max_open_interest: 0,
            };
            let accounts = world.tighten_accounts("guardian", &tightening, SOL);
            call(accounts, ix::Tighten { tightening })
        }
        _ => {
            let accounts = world.collect_fees_accounts("authority", "authority", USDC);
            call(accounts, ix::CollectFees {})
        }
    };
    Stage::new(world, call)
}

/// What was announced of ETH is due.
pub fn listing_after_launch(instruction: &str) -> Stage {
    let is_bank = instruction.starts_with("list_bank");
    let (mut bank, mut market) = (None, None);
    let mut world = World::with(LiteChain::new(), |spec| {
        if is_bank {
            bank = spec.asset(ETH).bank.take();
        } else {
            market = spec.asset(ETH).market.take();
        }
    });
    let bank = bank.unwrap_or_else(|| world.bank_params(ETH));
    let market = market.unwrap_or_else(|| world.market_params(ETH));
    let patch = if is_bank {
        Patch::ListBank {
            slot: ETH,
            mint: world.asset(ETH).mint,
            params: bank.clone(),
        }
    } else {
        Patch::ListMarket {
            slot: ETH,
            params: market.clone(),
        }
    };
    let id = world.announced(patch);
    world.wait_hours(72);
    let (change, change_payer) = (Some(world.change_key(id)), Some(key_of("fee payer")));
    let call = if is_bank {
        let accounts = ax::ListBank {
            change,
            change_payer,
            ..world.list_bank_accounts(ETH)
        };
        let params = bank;
        call(accounts, ix::ListBank { slot: ETH, params })
    } else {
        let accounts = ax::ListMarket {
            change,
            change_payer,
            ..world.list_market_accounts(ETH)
        };
        let params = market;
        call(accounts, ix::ListMarket { slot: ETH, params })
    };
    Stage::new(world, call)
}
