//! What authority and guardian do while everybody trades.

use super::act::Act;
use super::Walk;
use crate::params::{BTC, ETH, JITOSOL, SOL, USDC};
use plimsoll::instructions::Tightening;
use plimsoll::state::Patch;

/// Assets with a bank.
const BANKED: [u8; 5] = [USDC, SOL, BTC, ETH, JITOSOL];
/// Assets with a market.
const TRADED: [u8; 3] = [SOL, BTC, ETH];
/// Longest wait for a change that is not due, seconds: another time it is tried early.
const PATIENCE: i64 = 8 * 86_400;

fn one_of(all: &[u8], pick: u8) -> u8 {
    all[usize::from(pick) % all.len()]
}

/// So many thousandths of something.
fn part_of(amount: u64, part: u16) -> u64 {
    (u128::from(amount) * u128::from(part) / 1_000) as u64
}

impl Walk {
    /// The authority announces a change: of a bank, a market, an asset, the exchange, a scenario, or the end of
    /// all tightenings.
    pub(super) fn announces(&mut self, kind: u8, pick: u8, part: u16) {
        let patch = self.patch(kind, pick, part);
        let said = format!("the authority announces {patch:?}");
        let _ = self.attempt(&Act::of("announce_change"), &said, |world| {
            world.actor("authority").announces(patch).outcome()
        });
    }

    fn patch(&self, kind: u8, pick: u8, part: u16) -> Patch {
        let world = &self.world;
        match kind % 6 {
            0 => {
                let slot = one_of(&BANKED[1..], pick);
                let mut params = world.bank_params(slot);
                params.deposit_cap = part_of(params.deposit_cap, part);
                params.outflow_limit = part_of(params.outflow_limit, part);
                Patch::Bank { slot, params }
            }
            1 => {
                let slot = one_of(&TRADED, pick);
                let mut params = world.market_params(slot);
                params.scale = params.scale.max(world.market(slot).scale);
                params.max_skew = part_of(params.max_skew, part.max(1_000));
                params.taker_fee_ppm = u32::from(part);
                Patch::Market { slot, params }
            }
            2 => {
                let slot = one_of(&BANKED, pick);
                let mut params = world.asset_params(slot);
                params.size_beta_ppm = part_of(params.size_beta_ppm.into(), part) as u32;
                params.daily_volume = part_of(params.daily_volume, part);
                params.volatility_stress_bps =
                    part_of(params.volatility_stress_bps.into(), part.max(1_000)) as u32;
                Patch::Asset { slot, params }
            }
            3 => {
                let mut params = world.spec.exchange.clone();
                params.insurance_target = part_of(params.insurance_target, part);
                params.scenario_weight_maintenance_ppm = 200_000 + u32::from(part) * 20;
                params.scenario_weight_initial_ppm = 500_000;
                Patch::Exchange(params)
            }
            4 => Patch::Scenario {
                index: world.book().scenario_count.min(3),
                shocks: vec![0, -(part as i16), part as i16, -(part as i16)],
            },
            _ => Patch::EndTightening { slots: 0b1_1111 },
        }
    }

    /// Anybody applies an announced change, after waiting until it is due where told so.
    pub(super) fn applies(&mut self, pick: u8, waits: bool) {
        let standing: Vec<u64> = self.world.standing_changes();
        let Some(id) = standing.get(usize::from(pick) % standing.len().max(1)) else {
            return;
        };
        let change = self.world.change(*id).expect("it stands");
        let wait = change.earliest - self.world.now();
        if waits && (1..=PATIENCE).contains(&wait) {
            self.waits(wait as u32);
        }
        let said = format!("kim applies change {id}");
        let _ = self.attempt(&Act::of("apply_change"), &said, |world| {
            world.actor("kim").applies_change(*id).outcome()
        });
    }

    /// The guardian cancels an announced change, or anybody removes one that is void.
    pub(super) fn revokes(&mut self, pick: u8, guardian: bool) {
        let standing: Vec<u64> = self.world.standing_changes();
        let Some(id) = standing.get(usize::from(pick) % standing.len().max(1)) else {
            return;
        };
        let name = if guardian { "guardian" } else { "kim" };
        let said = format!("{name} cancels change {id}");
        let _ = self.attempt(&Act::of("cancel_change"), &said, |world| {
            world.actor(name).cancels_change(*id).outcome()
        });
    }

    /// The guardian tightens.
    pub(super) fn tightens(&mut self, kind: u8, pick: u8, part: u16) {
        let slot = one_of(&TRADED, pick);
        let (bank, market) = (self.world.bank(slot), self.world.market(slot));
        let tightening = match kind % 5 {
            0 => Tightening::Halt { slots: 1 << slot },
            1 => Tightening::HoldWithdrawals {
                seconds: u32::from(part) * 20,
            },
            2 => Tightening::BankCaps {
                deposit_cap: part_of(bank.deposit_cap, part),
                borrow_cap: part_of(bank.borrow_cap, part),
            },
            3 => Tightening::MarketCaps {
                max_skew: part_of(market.max_skew, part),
                max_open_interest: part_of(market.max_open_interest, part),
            },
            _ => Tightening::Initial {
                slot,
                multiplier_ppm: 1_000_000 + u32::from(part) * 1_000,
            },
        };
        let said = format!("the guardian tightens slot {slot}: {tightening:?}");
        let _ = self.attempt(&Act::of("tighten"), &said, |world| {
            let guardian = world.actor("guardian");
            guardian.tightens_caps(slot, tightening).outcome()
        });
    }

    /// The authority collects the fees of a bank.
    pub(super) fn collects(&mut self, pick: u8) {
        let slot = if pick.is_multiple_of(2) {
            USDC
        } else {
            one_of(&BANKED, pick)
        };
        let said = format!("the authority collects the fees of slot {slot}");
        let _ = self.attempt(&Act::of("collect_fees"), &said, |world| {
            world.actor("authority").collects_fees(slot).outcome()
        });
    }
}
