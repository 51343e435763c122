//! What an action would do to an account, before it is signed: the program's own functions on copies.

use plimsoll::balances::{PaidIn, PaidOut};
use plimsoll::error::PlimsollError;
use plimsoll::fill::{book_asset, write_fill, Fill, Trade};
use plimsoll::instructions::{gate_outflow, put_in, take_out, HealthReport};
use plimsoll::state::{AgeLimit, Bank, BookAt, MarginAccount, Market, RiskBook};
use plimsoll_engine::order::{Extent, OrderKind, OrderTerms};
use plimsoll_engine::units::Base;
use serde::{Deserialize, Serialize};

use crate::price::picodollars_floor;
use crate::refusal::code_of;
use crate::view::{report_hex, text};

/// What to do, with the account of the bank or market that it needs. Amounts in atoms.
#[derive(Clone, Copy)]
pub enum Action<'a> {
    /// Trade now, at the book's price and on its terms.
    Trade(&'a Market, Order),
    /// Deposit, which repays a debt first.
    Deposit(&'a Bank, u64),
    /// Withdraw, or pay to another account; beyond the deposit it borrows if told to.
    Withdraw(&'a Bank, u64, bool),
}

/// Terms of an order as `place_order` takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// 0 market, 1 limit, 2 stop, 3 take-profit.
    pub kind: u8,
    /// 0 the size, 1 at most what is held on the other side, 2 all of that.
    pub extent: u8,
    /// Signed size in base atoms: positive buys.
    #[serde(deserialize_with = "crate::preview::whole")]
    pub size: i64,
    /// Most quote atoms a buy may pay, least a sale may receive.
    #[serde(deserialize_with = "crate::preview::whole")]
    pub limit_quote: u64,
    /// What the size is worth at the trigger.
    #[serde(deserialize_with = "crate::preview::whole")]
    pub trigger_quote: u64,
}

/// An integer from text.
pub(crate) fn whole<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: core::str::FromStr,
    T::Err: core::fmt::Display,
    D: serde::Deserializer<'de>,
{
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

impl Order {
    /// A market order at any price.
    pub const fn market(size: i64) -> Self {
        Self {
            kind: OrderKind::Market.code(),
            extent: Extent::Size.code(),
            size,
            limit_quote: if size > 0 { u64::MAX } else { 0 },
            trigger_quote: 0,
        }
    }

    fn terms(&self) -> anchor_lang::Result<OrderTerms> {
        let kind = OrderKind::from_code(self.kind).ok_or(PlimsollError::OrderTerms)?;
        let extent = Extent::from_code(self.extent).ok_or(PlimsollError::OrderTerms)?;
        let terms = OrderTerms {
            kind,
            extent,
            size: Base(self.size),
            limit: self.limit_quote,
            trigger: self.trigger_quote,
        };
        if !terms.is_sound() {
            return Err(PlimsollError::OrderTerms.into());
        }
        Ok(terms)
    }
}

/// What an action would do.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// Health as it is.
    #[serde(serialize_with = "report_hex")]
    pub before: HealthReport,
    /// Health afterwards; of a refused action none.
    #[serde(serialize_with = "some_report_hex")]
    pub after: Option<HealthReport>,
    /// Code of the refusal, if the program would refuse.
    pub refusal: Option<u32>,
    /// The trade.
    pub trade: Option<TradeView>,
    /// What a payment does.
    pub payment: Option<Payment>,
}

fn some_report_hex<S: serde::Serializer>(
    report: &Option<HealthReport>,
    out: S,
) -> Result<S::Ok, S::Error> {
    match report {
        Some(report) => report_hex(report, out),
        None => out.serialize_none(),
    }
}

/// A trade; amounts in quote atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TradeView {
    /// Signed base atoms.
    #[serde(with = "text")]
    pub size: i64,
    /// Price with impact and spread, 10⁻¹² dollars of a whole token, rounded down.
    #[serde(with = "text")]
    pub price: u128,
    /// Paid by a buy, received by a sale.
    #[serde(with = "text")]
    pub notional: u64,
    /// Taker fee.
    #[serde(with = "text")]
    pub fee: i64,
    /// Profit of what closes, before fee and funding.
    #[serde(with = "text")]
    pub realised: i64,
    /// Funding paid, negative for received.
    #[serde(with = "text")]
    pub funding: i64,
}

/// Atoms that move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// Of a debt, repaid.
    #[serde(with = "text")]
    pub repaid: u64,
    /// Added to the deposit.
    #[serde(with = "text")]
    pub deposited: u64,
    /// Taken from the deposit.
    #[serde(with = "text")]
    pub withdrawn: u64,
    /// Borrowed.
    #[serde(with = "text")]
    pub borrowed: u64,
}

/// An account against its book at an instant.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The book; with prices moved by [`crate::price::move_asset`] for a stress.
    pub book: &'a RiskBook,
    /// The account.
    pub account: &'a MarginAccount,
    /// Unix seconds.
    pub now: i64,
}

/// An account after an action.
struct Done {
    account: MarginAccount,
    trade: Option<TradeView>,
    payment: Option<Payment>,
}

impl Subject<'_> {
    /// What `action` would do.
    ///
    /// # Errors
    /// Where the health of the account as it is cannot be computed, or what the program would not answer
    /// with a code of its own.
    pub fn preview(&self, action: Action<'_>) -> anchor_lang::Result<Preview> {
        let before = HealthReport::of(self.book, self.account, self.now)?;
        let done = self.done(action);
        let report = |done: &Done| HealthReport::of(self.book, &done.account, self.now);
        let refused = Preview {
            before,
            after: None,
            refusal: None,
            trade: None,
            payment: None,
        };
        match done.and_then(|done| Ok((report(&done)?, done))) {
            Ok((after, done)) => Ok(Preview {
                after: Some(after),
                trade: done.trade,
                payment: done.payment,
                ..refused
            }),
            Err(refusal) => match code_of(&refusal) {
                Some(code) => Ok(Preview {
                    refusal: Some(code),
                    ..refused
                }),
                None => Err(refusal),
            },
        }
    }

    /// The largest amount for which `action` is not refused, by doubling and bisection from one atom: an
    /// amount that is refused only between two that are not may be passed over. Zero if none.
    pub fn most<'b>(&self, action: impl Fn(u64) -> Action<'b>) -> u64 {
        let passes = |amount| self.done(action(amount)).is_ok();
        let (mut sound, mut beyond) = (0u64, 1u64);
        while passes(beyond) {
            sound = beyond;
            match beyond
                .checked_mul(2)
                .filter(|next| i64::try_from(*next).is_ok())
            {
                Some(next) => beyond = next,
                None => return sound,
            }
        }
        while beyond - sound > 1 {
            let middle = sound + (beyond - sound) / 2;
            if passes(middle) {
                sound = middle;
            } else {
                beyond = middle;
            }
        }
        sound
    }

    fn done(&self, action: Action<'_>) -> anchor_lang::Result<Done> {
        self.account.require_no_swap()?;
        self.book.require_launched()?;
        let mut account = *self.account;
        let (mut trade, mut payment) = (None, None);
        match action {
            Action::Trade(market, order) => {
                trade = Some(self.trade(&mut account, market, &order)?);
            }
            Action::Deposit(bank, amount) => {
                payment = Some(self.deposit(&mut account, bank, amount)?);
            }
            Action::Withdraw(bank, amount, borrow) => {
                payment = Some(self.withdraw(&mut account, bank, (amount, borrow))?);
            }
        }
        account.invariant()?;
        Ok(Done {
            account,
            trade,
            payment,
        })
    }

    fn trade(
        &self,
        account: &mut MarginAccount,
        market: &Market,
        order: &Order,
    ) -> anchor_lang::Result<TradeView> {
        account.require_no_pending_order()?;
        let at = BookAt {
            book: self.book,
            now: self.now,
            limit: AgeLimit::Risk,
        };
        let asset = book_asset(&at, market.slot)?;
        let trade = Trade {
            account,
            market,
            at: &at,
            execution_asset: asset,
            health_asset: asset,
            terms: order.terms()?,
        };
        let fill: Fill = *trade.judge()?.map_err(anchor_lang::error::Error::from)?;
        let mut market = *market;
        write_fill(account, &mut market, self.book, &fill, self.now)?;
        let decimals = self.book.listed_asset(market.slot)?.decimals;
        let mantissa = u128::from(fill.execution.mantissa);
        let price = picodollars_floor(mantissa, asset.band.shift, decimals);
        Ok(TradeView {
            size: fill.execution.size.0,
            price: price.ok_or(PlimsollError::PriceOutOfRange)?,
            notional: fill.execution.notional,
            fee: fill.fee.0,
            realised: fill.realised.0,
            funding: fill.funding.0,
        })
    }

    fn deposit(
        &self,
        account: &mut MarginAccount,
        bank: &Bank,
        amount: u64,
    ) -> anchor_lang::Result<Payment> {
        require_some(amount)?;
        let mut bank = *bank;
        let PaidIn { repaid, deposited } = put_in(self.book, account, &mut bank, amount, self.now)?;
        bank.invariant()?;
        Ok(Payment {
            repaid,
            deposited,
            ..Payment::default()
        })
    }

    fn withdraw(
        &self,
        account: &mut MarginAccount,
        bank: &Bank,
        (amount, borrow): (u64, bool),
    ) -> anchor_lang::Result<Payment> {
        require_some(amount)?;
        account.require_no_pending_order()?;
        let mut bank = *bank;
        let paid = take_out(self.book, account, &mut bank, amount, borrow, self.now)?;
        require_some(paid.total()?)?;
        if !account.is_plain() {
            let key = anchor_lang::prelude::Pubkey::default();
            gate_outflow(self.book, account, key, &[bank.slot], self.now)?;
        }
        bank.invariant()?;
        let PaidOut {
            withdrawn,
            borrowed,
        } = paid;
        Ok(Payment {
            withdrawn,
            borrowed,
            ..Payment::default()
        })
    }
}

fn require_some(amount: u64) -> anchor_lang::Result<()> {
    if amount == 0 {
        return Err(PlimsollError::ZeroAmount.into());
    }
    Ok(())
}
