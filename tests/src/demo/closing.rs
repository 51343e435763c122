//! Closes the books of a run: who ended with what, who paid whom, and whether the vaults add up.

use anyhow::Result;
use plimsoll::state::{AgeLimit, BookAt};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::pool::{market_liability, net_asset_value, Side};
use plimsoll_engine::units::Quote;

use super::driver::{signed, Run, KEEPER_DOLLARS};
use super::record::{BadDebtShare, ConservationLine, Flow, GroupRow};
use super::traders::GROUPS;
use crate::amounts::usdc;
use crate::params::{BTC, ETH, SOL, USDC};

impl Run {
    pub(super) fn groups(&mut self) {
        for (index, group) in GROUPS.iter().enumerate() {
            let mut row = GroupRow {
                name: group.name.to_owned(),
                ..GroupRow::default()
            };
            for trader in self.traders.iter().filter(|trader| trader.group == index) {
                let name = &trader.name;
                let (calls, liquidations) = self.counts.get(name).copied().unwrap_or_default();
                row.traders += 1;
                row.equity_before += self.equity_before.get(name).copied().unwrap_or(0);
                row.equity_after += self.world.health(name).maintenance.equity.0;
                row.margin_calls += calls;
                row.liquidations += liquidations;
                row.traders_liquidated += u32::from(liquidations > 0);
                row.fees += self.fees.get(name).copied().unwrap_or(0);
            }
            self.record.groups.push(row);
        }
        for account in &mut self.record.risk.compared {
            let counts = self.counts.get(&account.name);
            account.liquidations = counts.map_or(0, |(_, liquidations)| *liquidations);
        }
    }

    pub(super) fn totals(&mut self) -> Result<()> {
        let lost = self.shortfalls();
        let keeper = self.world.health("keeper").maintenance.equity.0;
        let (insurance, pool) = (self.insurance()?, self.pool_value()?);
        let protocol = signed(self.world.bank(USDC).protocol_fees);
        let totals = &mut self.record.totals;
        totals.keeper_income = keeper - signed(usdc(KEEPER_DOLLARS).atoms);
        totals.insurance_after = insurance;
        totals.pool_after = pool - lost;
        if lost > 0 {
            let bearer = "the liquidity pool".to_owned();
            totals.bad_debt.push(BadDebtShare {
                bearer,
                amount: lost,
            });
        }
        let flow = |from: &str, to: &str, purpose: &str, amount: i64| Flow {
            from: from.to_owned(),
            to: to.to_owned(),
            purpose: purpose.to_owned(),
            amount,
        };
        self.record.flows = vec![
            flow(
                "wallets",
                "traders",
                "deposits in answer to margin calls",
                signed(self.answered),
            ),
            flow(
                "traders",
                "keeper",
                "fees and discounts of liquidations",
                totals.keeper_income,
            ),
            flow(
                "traders",
                "insurance",
                "parts of trading fees, liquidation fees and discounts",
                totals.insurance_after - totals.insurance_before,
            ),
            flow("traders", "protocol", "part of trading fees", protocol),
            flow(
                "traders",
                "pool",
                "results of positions, impact and trading fees, less bad debt",
                totals.pool_after - totals.pool_before,
            ),
        ];
        Ok(())
    }

    /// What traders lack to pay what they owe, micro-dollars.
    pub(super) fn shortfalls(&self) -> i64 {
        let traders = self.traders.iter();
        let equity = traders.map(|trader| self.world.health(&trader.name).maintenance.equity.0);
        equity.map(|equity| (-equity).max(0)).sum()
    }

    /// Insurance in the bank and what the markets owe it, quote atoms.
    pub(super) fn insurance(&self) -> Result<i64> {
        let accrued: i64 = [SOL, BTC, ETH]
            .iter()
            .map(|slot| self.world.market(*slot).accrued_insurance)
            .sum();
        Ok(signed(self.world.bank(USDC).insurance) + accrued)
    }

    /// Net asset value of the pool by the engine, at spot, where traders' equity is measured too;
    /// quote atoms.
    pub(super) fn pool_value(&self) -> Result<i64> {
        let book = self.world.book();
        let at = BookAt {
            book: &book,
            now: self.world.now(),
            limit: AgeLimit::Risk,
        };
        let mut owed = Quote::ZERO;
        for slot in [SOL, BTC, ETH] {
            let market = self.world.market(slot);
            let accrued = Quote(market.accrued_insurance + market.accrued_protocol);
            let mut asset = at.asset(slot).map_err(engine)?;
            asset.band.asset_initial = asset.band.spot;
            asset.band.liability_initial = asset.band.spot;
            let (sums, inverse) = (market.sums(), market.inverse());
            let liability = market_liability(&sums, accrued, &asset, inverse, Side::Low);
            owed = owed.plus(liability.map_err(engine)?).map_err(engine)?;
        }
        let index = at.borrow_index(at.book.quote_slot).map_err(engine)?;
        let ledger = self.world.pool().ledger();
        Ok(net_asset_value(&ledger, index, owed, Side::Low)
            .map_err(engine)?
            .0)
    }

    pub(super) fn vaults(&self) -> Vec<ConservationLine> {
        let banks = self.world.assets.iter().filter(|asset| asset.has_bank);
        let line = |asset: &crate::world::Asset| {
            let bank = self.world.bank(asset.slot);
            let cash = if asset.slot == USDC {
                {
                    let pool = self.world.pool();
                    pool.cash + pool.requested_quote
                }
            } else {
                0
            };
            ConservationLine {
                token: asset.symbol.clone(),
                vault_total: self.world.token_amount(&asset.vault),
                claims_total: bank.deposits + bank.insurance + bank.protocol_fees + cash,
            }
        };
        banks.map(line).collect()
    }
}

pub(super) fn engine(cause: plimsoll_engine::EngineError) -> anyhow::Error {
    anyhow::anyhow!("the engine refuses: {cause:?}")
}
