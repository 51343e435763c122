//! What an account owes and cannot pay: by whom a shortfall is going to be borne (1-product, Losses).

use crate::error::Result;
use crate::exposure::{AccountView, AssetView, BookView, BALANCES, POSITIONS};
use crate::fixed::{mul_div_ceil, mul_div_floor, Fixed};
use crate::health::marks_floor;
use crate::position::Position;
use crate::price::PriceBand;
use crate::units::Quote;

/// Everything an account owes, in the maintenance view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liabilities {
    /// Loans by place of the balance, in atoms; 0 for a deposit.
    pub loans: [u64; BALANCES],
    /// Owed to the pool, in quote atoms: its debt and what its positions have lost, less what they won.
    pub pool: u64,
    /// All of it in micro-dollars, rounded up each.
    pub total: u64,
}

impl Liabilities {
    /// Of an account at the book's prices.
    ///
    /// # Errors
    /// As [`crate::health::assess`].
    #[inline(never)]
    pub fn of_ceil<B: BookView, A: AccountView>(book: &B, account: &A) -> Result<Self> {
        let mut owed = Self {
            loans: [0; BALANCES],
            pool: 0,
            total: 0,
        };
        for (index, loan) in owed.loans.iter_mut().enumerate() {
            let Some(holding) = account.balance(index).filter(|each| each.amount.0 < 0) else {
                continue;
            };
            *loan = holding.atoms_floor(book)?.unsigned_abs();
            let band = book.asset(holding.slot)?.band;
            owed.total = owed.total.saturating_add(value_ceil(&band, *loan)?);
        }
        let mut result = account.credit();
        for open in (0..POSITIONS).filter_map(|index| account.position(index)) {
            let asset = book.asset(open.slot)?;
            result = result.plus(maintenance_result_floor(
                &asset,
                &book.held(&open, &asset.funding)?,
            )?)?;
        }
        let quote = book.quote_slot();
        let debt = book
            .borrow_index(quote)?
            .atoms_ceil(account.pool_debt_shares())?;
        let result = result.minus(Quote::from_magnitude(debt)?)?;
        if result.0 < 0 {
            owed.pool = result.magnitude();
            let band = book.asset(quote)?.band;
            owed.total = owed.total.saturating_add(value_ceil(&band, owed.pool)?);
        }
        Ok(owed)
    }

    /// The part of a debt of `atoms` that a shortfall of micro-dollars leaves unpaid, rounded up, all of
    /// it at most: every creditor bears the same share.
    pub fn unpaid_ceil(&self, atoms: u64, shortfall: u64) -> Result<u64> {
        if shortfall >= self.total {
            return Ok(atoms);
        }
        Ok(mul_div_ceil(atoms, shortfall, self.total)?.min(atoms))
    }
}

/// What a position has won or lost in the maintenance view, unsettled results included, rounded down.
fn maintenance_result_floor(asset: &AssetView, position: &Position) -> Result<Quote> {
    if position.base.0 == 0 {
        return Ok(position.unsettled);
    }
    let (_, mark) = marks_floor(asset, position.value_floor(&asset.band)?)?;
    Quote(mark).plus(position.unsettled)?.minus(position.cost)
}

fn value_ceil(band: &PriceBand, atoms: u64) -> Result<u64> {
    band.value_ceil(atoms, band.liability_maintenance)
}

/// What insurance buys of a token that a bank's lenders miss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purchase {
    /// Atoms of the token, delivered by a keeper.
    pub atoms: u64,
    /// Quote atoms that insurance pays him.
    pub cost: u64,
}

/// As much of `need` atoms as `insurance` quote atoms buy at the market's price × (1 + premium); the cost is rounded
/// up.
///
/// # Errors
/// `PriceOutOfRange`, `Overflow`.
pub fn purchase(
    token: &PriceBand,
    quote: &PriceBand,
    premium: Fixed,
    need: u64,
    insurance: u64,
) -> Result<Purchase> {
    let cost_of = |atoms: u64| -> Result<u64> {
        let value = token.value_ceil(atoms, token.owed())?;
        let price = Fixed::ONE.plus(premium)?.of_ceil(value)?;
        // One more than rounded down covers what the reciprocal loses.
        Ok(quote
            .inverse_floor(quote.spot)?
            .atoms_floor(price)?
            .saturating_add(1))
    };
    let whole = cost_of(need)?;
    if need == 0 || whole <= insurance {
        let cost = if need == 0 { 0 } else { whole };
        return Ok(Purchase { atoms: need, cost });
    }
    // Rounding takes the first guess over by a few atoms of quote at most.
    let atoms = mul_div_floor(need, insurance.saturating_sub(2), whole)?;
    if atoms == 0 {
        return Ok(Purchase::default());
    }
    let cost = cost_of(atoms)?.min(insurance);
    Ok(Purchase { atoms, cost })
}
