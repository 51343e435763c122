//! Writing what the plan took: positions, markets, fee and reward.

use anchor_lang::prelude::*;
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::liquidation::{NamedLeg, Plan, Taken};
use plimsoll_engine::trade::{apply, Execution};
use plimsoll_engine::units::{Base, Quote, Usd};

use super::legs::{open_positions, Named};
use crate::constants::QUOTE_BALANCE;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::positions::Standing;
use crate::state::{BookAt, MarginAccount, Market};

/// A liquidation as planned, and the markets of its position legs.
pub struct Liquidation<'a, 'info> {
    /// The book.
    pub at: &'a BookAt<'a>,
    /// The legs.
    pub named: &'a Named,
    /// What the plan took of each.
    pub taken: &'a [Taken],
    /// The plan.
    pub plan: &'a Plan,
    /// The markets, one a position leg, in order.
    pub markets: &'info [AccountInfo<'info>],
    /// Banks of tokens whose totals change, in any order.
    pub banks: &'info [AccountInfo<'info>],
    /// The book's key.
    pub book: Pubkey,
}

impl Liquidation<'_, '_> {
    /// Writes the position legs to the account and its markets.
    #[inline(never)]
    pub fn close_positions(&self, account: &mut MarginAccount) -> Result<()> {
        let mut markets = self.markets.iter();
        for ((leg, place), done) in self.named.iter().zip(self.taken) {
            let NamedLeg::Position { slot, position, .. } = leg else {
                continue;
            };
            let info = markets
                .next()
                .ok_or_else(|| error!(PlimsollError::WrongMarkets))?;
            if done.size == 0 {
                continue;
            }
            let size = Base::from_magnitude(done.size).or_refuse()?;
            let size = if position.base.0 > 0 {
                size.negated().or_refuse()?
            } else {
                size
            };
            let (mantissa, notional) = (done.mantissa, done.notional);
            let funding = self.at.asset(*slot).or_refuse()?.funding;
            let standing = Standing::of(self.at, *slot, &account.positions[place], &funding)?;
            let traded = apply(
                &standing.held,
                &Execution {
                    size,
                    mantissa,
                    notional,
                },
                &funding,
            )
            .or_refuse()?;
            let loader = AccountLoader::<Market>::try_from(info)?;
            let mut market = loader.load_mut()?;
            let moved = standing.moved(&market, &traded.position, &funding)?;
            market.count_liquidated(done.size, self.at.now);
            let place = &mut account.positions[place];
            moved.write(place, &mut market);
            market.invariant()?;
            place.count(traded.realised, traded.funding, Quote::ZERO);
        }
        Ok(())
    }

    /// Charges the fee to the account, credits keeper and insurance, and pays the reward; returns the
    /// reward in quote atoms. The claims are booked in the first market.
    #[inline(never)]
    pub fn pay(&self, account: &mut MarginAccount, keeper: &mut MarginAccount) -> Result<u64> {
        let Some(market) = self.markets.first() else {
            return Ok(0);
        };
        let loader = AccountLoader::<Market>::try_from(market)?;
        let mut market = loader.load_mut()?;
        let reward = self.reward(account)?;
        let (fee, paid) = (amount(self.plan.fee)?, amount(reward)?);
        let to_keeper = checked(amount(self.plan.fee_keeper)?.checked_add(paid))?;
        let to_insurance = checked(amount(self.plan.fee_insurance)?.checked_sub(paid))?;
        account.credit = checked(account.credit.checked_sub(fee))?;
        keeper.credit = checked(keeper.credit.checked_add(to_keeper))?;
        let claims = checked(market.claims.checked_sub(fee))?;
        market.claims = checked(claims.checked_add(to_keeper))?;
        market.accrued_insurance = checked(market.accrued_insurance.checked_add(to_insurance))?;
        account.rewarded |= u8::from(reward > 0);
        market.invariant()?;
        Ok(reward)
    }

    /// What insurance owes the keeper that leaves a bankrupt account without position and collateral,
    /// once: the book's fixed reward, at most what the fee would have been.
    fn reward(&self, account: &MarginAccount) -> Result<u64> {
        let bankrupt = self.plan.before.equity <= Usd::ZERO;
        if !bankrupt
            || account.rewarded != 0
            || !is_closed(self.at, account, self.named, self.taken)?
        {
            return Ok(0);
        }
        let mut usual = 0u64;
        for (leg, done) in self.named.legs().iter().zip(self.taken) {
            if let NamedLeg::Position { fee, .. } = leg {
                usual = checked(usual.checked_add(fee.of_floor(done.notional).or_refuse()?))?;
            }
        }
        Ok(self.at.book.bankrupt_reward.min(usual))
    }
}

/// No position is left, and no collateral but what these legs sell in full.
fn is_closed(
    at: &BookAt<'_>,
    account: &MarginAccount,
    named: &Named,
    taken: &[Taken],
) -> Result<bool> {
    let sold = |place: usize| {
        named.iter().zip(taken).any(|((leg, at), done)| match leg {
            NamedLeg::Collateral { stock, .. } => at == place && done.amount == stock.amount(),
            NamedLeg::Position { .. } | NamedLeg::Debt { .. } => false,
        })
    };
    let places = account.balances.iter().enumerate().skip(QUOTE_BALANCE + 1);
    let mut left = places.filter(|(_, balance)| balance.amount > 0);
    Ok(open_positions(at, account)? == 0 && left.all(|(place, _)| sold(place)))
}

fn amount(atoms: u64) -> Result<i64> {
    i64::try_from(atoms).map_err(|_| error!(PlimsollError::MathOverflow))
}
