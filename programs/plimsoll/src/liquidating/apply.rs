//! Writing what the plan took: positions, markets, fee and reward.

use anchor_lang::prelude::*;
use plimsoll_engine::liquidation::{NamedLeg, Plan, Taken};
use plimsoll_engine::trade::{apply, Execution};
use plimsoll_engine::units::{Base, Usd};

use super::legs::Named;
use crate::constants::QUOTE_BALANCE;
use crate::error::{checked, OrRefuse, PlimsollError};
use crate::state::{BookAt, MarginAccount, Market};

/// Writes the position legs to the account and its markets.
#[inline(never)]
pub fn apply_legs<'info>(
    account: &mut MarginAccount,
    named: &Named,
    taken: &[Taken],
    markets: &'info [AccountInfo<'info>],
) -> Result<()> {
    let mut markets = markets.iter();
    for ((leg, place), done) in named.iter().zip(taken) {
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
        let execution = Execution {
            size,
            mantissa: done.mantissa,
            notional: done.notional,
        };
        let traded = apply(position, &execution).or_refuse()?;
        let loader = AccountLoader::<Market>::try_from(info)?;
        let mut market = loader.load_mut()?;
        let sums = market
            .sums()
            .moved(position, &traded.position)
            .or_refuse()?;
        market.set_sums(&sums);
        market.invariant()?;
        account.positions[place].set(*slot, &traded.position);
    }
    Ok(())
}

/// Charges the fee to the account and credits keeper and insurance.
#[inline(never)]
pub fn pay_fee<'info>(
    account: &mut MarginAccount,
    keeper: &mut MarginAccount,
    plan: &Plan,
    market: &'info AccountInfo<'info>,
) -> Result<()> {
    let (fee, to_keeper) = (amount(plan.fee)?, amount(plan.fee_keeper)?);
    let to_insurance = amount(plan.fee_insurance)?;
    let loader = AccountLoader::<Market>::try_from(market)?;
    let mut market = loader.load_mut()?;
    account.credit = checked(account.credit.checked_sub(fee))?;
    keeper.credit = checked(keeper.credit.checked_add(to_keeper))?;
    let claims = checked(market.claims.checked_sub(fee))?;
    market.claims = checked(claims.checked_add(to_keeper))?;
    market.accrued_insurance = checked(market.accrued_insurance.checked_add(to_insurance))?;
    market.invariant()
}

/// Credits the keeper that leaves a bankrupt account without position and collateral, once an
/// episode: the book's fixed reward, at most what the fee would have been.
#[inline(never)]
pub fn pay_reward<'info>(
    account: &mut MarginAccount,
    keeper: &mut MarginAccount,
    plan: &Plan,
    named: &Named,
    taken: &[Taken],
    at: &BookAt<'_>,
    market: &'info AccountInfo<'info>,
) -> Result<u64> {
    let bankrupt = plan.before.equity <= Usd::ZERO;
    if !bankrupt || account.rewarded != 0 || !is_closed(account, named, taken) {
        return Ok(0);
    }
    let mut usual = 0u64;
    for (leg, done) in named.legs().iter().zip(taken) {
        if let NamedLeg::Position { fee, .. } = leg {
            usual = checked(usual.checked_add(fee.of_floor(done.notional).or_refuse()?))?;
        }
    }
    let reward = at.book.bankrupt_reward.min(usual);
    let paid = amount(reward)?;
    let loader = AccountLoader::<Market>::try_from(market)?;
    let mut market = loader.load_mut()?;
    account.rewarded = 1;
    keeper.credit = checked(keeper.credit.checked_add(paid))?;
    market.claims = checked(market.claims.checked_add(paid))?;
    market.accrued_insurance = checked(market.accrued_insurance.checked_sub(paid))?;
    Ok(reward)
}

/// No position is left, and no collateral but what these legs sell in full.
fn is_closed(account: &MarginAccount, named: &Named, taken: &[Taken]) -> bool {
    let sold = |place: usize| {
        named.iter().zip(taken).any(|((leg, at), done)| match leg {
            NamedLeg::Collateral { amount, .. } => at == place && done.size == *amount,
            NamedLeg::Position { .. } => false,
        })
    };
    let places = account.balances.iter().enumerate().skip(QUOTE_BALANCE + 1);
    account.positions.iter().all(|place| place.base == 0)
        && places
            .filter(|(_, balance)| balance.amount != 0)
            .all(|(place, _)| sold(place))
}

fn amount(atoms: u64) -> Result<i64> {
    i64::try_from(atoms).map_err(|_| error!(PlimsollError::MathOverflow))
}
