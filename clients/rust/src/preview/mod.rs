//! What an action would do to an account, before it is signed: the program's own functions on copies.

mod act;

use bytemuck::Zeroable;
use plimsoll::constants::QUOTE_BALANCE;
use plimsoll::error::PlimsollError;
use plimsoll::instructions::HealthReport;
use plimsoll::state::{AgeLimit, Bank, BookAt, MarginAccount, Market, RiskBook};
use plimsoll_engine::health::State;
use plimsoll_engine::order::{Extent, OrderKind, OrderTerms};
use plimsoll_engine::requirement::ModelKind;
use plimsoll_engine::units::Base;
use serde::{Deserialize, Serialize};

use crate::bar::{bar, Bar};
use crate::refusal::code_of;
use crate::search;
use crate::view::{prices, report_hex, text, PriceView};

/// What to do, with the account of the bank or market that it needs. Amounts in atoms.
#[derive(Clone, Copy)]
pub enum Action<'a> {
    /// Trade now, at the book's price and on its terms.
    Trade(&'a Market, Order),
    /// Deposit, which repays a debt first.
    Deposit(&'a Bank, u64),
    /// Withdraw; beyond the deposit it borrows if told to.
    Withdraw(&'a Bank, u64, bool),
    /// Pay quote from its bank to another margin account of the same owner, which may be left open.
    Transfer(&'a Bank, Option<&'a MarginAccount>, u64),
    /// Take another model: 0 Standard, 1 Portfolio, 2 Isolated.
    Model(u8),
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
    /// That health at a glance.
    pub bar_before: Bar,
    /// The same afterwards.
    pub bar_after: Option<Bar>,
    /// Code of the refusal, if the program would refuse.
    pub refusal: Option<u32>,
    /// The trade.
    pub trade: Option<TradeView>,
    /// What a payment does.
    pub payment: Option<Payment>,
    /// Health of the account that a transfer reaches, afterwards.
    #[serde(serialize_with = "some_report_hex")]
    pub receiver: Option<HealthReport>,
    /// Liquidation prices afterwards: of the market of a trade, otherwise of all assets held.
    pub prices: Vec<PriceView>,
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
    /// Of that, what spread and impact cost against the spot price; negative is a gain.
    #[serde(with = "text")]
    pub impact: i64,
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
    receiver: Option<MarginAccount>,
    /// Slot of a trade.
    slot: Option<u8>,
}

impl Subject<'_> {
    /// What `action` would do.
    ///
    /// # Errors
    /// Where the health of the account as it is cannot be computed, or what the program would not answer
    /// with a code of its own.
    pub fn preview(&self, action: Action<'_>) -> anchor_lang::Result<Preview> {
        let before = HealthReport::of(self.book, self.account, self.now)?;
        let refused = Preview {
            before,
            after: None,
            bar_before: bar(self.book, self.account, &before, self.now)?,
            bar_after: None,
            refusal: None,
            trade: None,
            payment: None,
            receiver: None,
            prices: Vec::new(),
        };
        match self
            .done(action)
            .and_then(|done| self.shown(&refused, &done))
        {
            Ok(preview) => Ok(preview),
            Err(refusal) => match code_of(&refusal) {
                Some(code) => Ok(Preview {
                    refusal: Some(code),
                    ..refused
                }),
                None => Err(refusal),
            },
        }
    }

    fn shown(&self, before: &Preview, done: &Done) -> anchor_lang::Result<Preview> {
        let report = |account: &MarginAccount| HealthReport::of(self.book, account, self.now);
        let at = BookAt {
            book: self.book,
            now: self.now,
            limit: AgeLimit::Other,
        };
        let prices = prices(&at, &done.account, |slot| {
            done.slot.is_none_or(|traded| slot == traded)
        });
        let after = report(&done.account)?;
        Ok(Preview {
            after: Some(after),
            bar_after: Some(bar(self.book, &done.account, &after, self.now)?),
            trade: done.trade,
            payment: done.payment,
            receiver: done.receiver.as_ref().map(report).transpose()?,
            prices: prices.map_err(PlimsollError::from)?,
            ..before.clone()
        })
    }

    /// What `order` would do in a new isolated account that holds `collateral` quote atoms.
    ///
    /// # Errors
    /// As [`Self::preview`].
    pub fn isolated(
        &self,
        market: &Market,
        order: Order,
        collateral: u64,
    ) -> anchor_lang::Result<Preview> {
        let mut account = MarginAccount::zeroed();
        (account.book, account.owner) = (self.account.book, self.account.owner);
        account.model = ModelKind::Isolated.code();
        let amount = i64::try_from(collateral).map_err(|_| PlimsollError::MathOverflow)?;
        account.set_balance(QUOTE_BALANCE, self.book.quote_slot, amount)?;
        let alone = Subject {
            account: &account,
            ..*self
        };
        alone.preview(Action::Trade(market, order))
    }

    /// The largest amount for which `action` is not refused, by doubling and bisection from one atom: an
    /// amount that is refused only between two that are not may be passed over. Zero if none.
    pub fn most<'b>(&self, action: impl Fn(u64) -> Action<'b>) -> u64 {
        search::most(|amount| self.done(action(amount)).is_ok())
    }

    /// The largest amount of `action` that is not refused and leaves a leverage of at most `parts` of a
    /// million: found as [`Self::most`] is.
    pub fn most_levered<'b>(&self, action: impl Fn(u64) -> Action<'b>, parts: u64) -> u64 {
        search::most(|amount| {
            let levered = |done: Done| {
                let report = HealthReport::of(self.book, &done.account, self.now)?;
                bar(self.book, &done.account, &report, self.now)
            };
            let bar = self.done(action(amount)).and_then(levered);
            bar.is_ok_and(|bar| bar.leverage.is_some_and(|leverage| leverage <= parts))
        })
    }

    /// The smallest amount of `action` after which the account is healthy, so that a call or an episode
    /// ends: found as [`Self::most`] is. None where no amount does it, zero where it is healthy as it is.
    ///
    /// # Errors
    /// Where the health of the account as it is cannot be computed.
    pub fn least<'b>(
        &self,
        action: impl Fn(u64) -> Action<'b>,
    ) -> anchor_lang::Result<Option<u64>> {
        let healthy = |account: &MarginAccount| {
            let report = HealthReport::of(self.book, account, self.now)?;
            Ok::<_, anchor_lang::error::Error>(report.state == State::Healthy.code())
        };
        if healthy(self.account)? {
            return Ok(Some(0));
        }
        Ok(search::least(|amount| {
            let done = self.done(action(amount));
            done.and_then(|done| healthy(&done.account))
                .unwrap_or(false)
        }))
    }
}
