//! The engine for browsers: bytes of accounts in, JSON out.
//!
//! A request is the length of its head (four bytes, little endian), the head in JSON, then the accounts it
//! names one after the other: the book, then what the question is about. An answer is its length (four bytes)
//! and JSON: `{"ok": …}` or `{"error": "…"}`. Integers of 64 bits and more are text, health reports the bytes
//! that `assess` returns, hexadecimal.

mod json;
mod memory;

use plimsoll::state::{Bank, Exchange, MarginAccount, Market, ParameterChange, Pool, RiskBook};
use plimsoll_client::bank::{bank_view, BankViewed};
use plimsoll_client::book::{book_view, BookViewed};
use plimsoll_client::change::{change_view, ChangeLine};
use plimsoll_client::explain::{unnamed, Explained, Explanation};
use plimsoll_client::health::reading;
use plimsoll_client::pool::{Answered, Asked, PoolAt, PoolViewed};
use plimsoll_client::preview::{Action, Order, Preview, Subject};
use plimsoll_client::price::move_asset;
use plimsoll_client::standing::{standing, Standing};
use plimsoll_client::view::{view, AccountViewed};
use plimsoll_client::{decode, decode_borsh};
use serde::{Deserialize, Serialize};

/// What is asked, and about which accounts behind the book.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Ask {
    /// A margin account: it with its health.
    View,
    /// A margin account: all that is to be said about its health.
    Explain,
    /// A margin account, and what the action needs: what the action would do.
    Preview,
    /// The same: the largest amount of the action that is not refused.
    Most,
    /// The same: the smallest amount of it that makes the account healthy.
    Least,
    /// The same: the largest amount that leaves at most a leverage.
    MostLevered,
    /// A margin account and a market: what an order would do in a new isolated account.
    Isolated,
    /// Margin accounts: where each stands.
    Standings,
    /// Nothing: the book.
    Book,
    /// A bank.
    Bank,
    /// The exchange and changes announced for it: when each bites.
    Changes,
    /// The pool and all markets: the pool.
    Pool,
    /// The same: what a request would get.
    PoolRequest,
}

/// What an action is, and which accounts it needs.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    /// An order at the book's price: its market.
    Trade,
    /// A deposit or a repayment: its bank.
    Deposit,
    /// A withdrawal or a loan: its bank.
    Withdraw,
    /// A payment of quote to another margin account: its bank and, if it counts, that account.
    Transfer,
    /// Another model: nothing.
    Model,
}

/// An action. Each kind needs some of the fields.
#[derive(Clone, Copy, Deserialize)]
struct Named {
    kind: Kind,
    order: Option<Order>,
    amount: Option<Amount>,
    #[serde(default)]
    borrow: bool,
    #[serde(default)]
    model: u8,
}

/// A question. Each kind needs some of the fields: one list of them is a third of the code that a type for
/// each would be.
#[derive(Deserialize)]
struct Head {
    ask: Ask,
    /// Unix seconds, as text.
    now: String,
    /// Moves of prices before anything else: slot and parts of a million.
    #[serde(default)]
    moves: Vec<(u8, i64)>,
    /// Bytes of each account.
    lengths: Vec<usize>,
    action: Option<Named>,
    /// Of an isolated account.
    order: Option<Order>,
    /// Quote atoms that it holds.
    collateral: Option<Amount>,
    /// Parts of a million.
    leverage: Option<Amount>,
    /// What the assets in slots are called; those without a name by slot and feed.
    #[serde(default)]
    names: Vec<(u8, String)>,
    /// To the pool.
    request: Option<Asked>,
}

/// Atoms as text.
#[derive(Clone, Copy)]
struct Amount(u64);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    View(Box<AccountViewed>),
    Explanation(Box<Explanation>),
    Preview(Box<Preview>),
    Most(u64),
    Least(Option<u64>),
    Standings(Vec<Option<Standing>>),
    Book(Box<BookViewed>),
    Bank(Box<BankViewed>),
    Changes(Vec<ChangeLine>),
    Pool(Box<PoolViewed>),
    PoolRequest(Answered),
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok(Answer),
    Error(String),
}

/// Answers a request.
pub fn answer(request: &[u8]) -> Vec<u8> {
    let outcome = match read(request) {
        Ok(answer) => Outcome::Ok(answer),
        Err(error) => Outcome::Error(error.to_string()),
    };
    json::write(&outcome)
}

type Failure = Box<dyn core::error::Error>;

/// The bytes of the accounts behind the book.
struct Given<'a>(Vec<&'a [u8]>);

impl<'a> Given<'a> {
    fn at(&self, place: usize) -> Result<&'a [u8], Failure> {
        Ok(self.0.get(place).copied().ok_or("an account is missing")?)
    }

    fn from(&self, place: usize) -> &[&'a [u8]] {
        self.0.get(place..).unwrap_or_default()
    }
}

fn read(request: &[u8]) -> Result<Answer, Failure> {
    let short = "the request ends early";
    let (length, rest) = request.split_first_chunk::<4>().ok_or(short)?;
    let length = usize::try_from(u32::from_le_bytes(*length))?;
    let (head, mut rest) = rest.split_at_checked(length).ok_or(short)?;
    let head: Head = serde_json::from_slice(head)?;
    let now = head.now.parse()?;
    let mut given = Vec::new();
    for length in &head.lengths {
        let (account, after) = rest.split_at_checked(*length).ok_or(short)?;
        given.push(account);
        rest = after;
    }
    let mut given = given.into_iter();
    let mut book = decode::<RiskBook>(given.next().ok_or("the book is missing")?)?;
    for (slot, parts) in &head.moves {
        let asset = book.assets.get_mut(usize::from(*slot));
        let moved = move_asset(asset.ok_or("no such slot")?, *parts);
        moved.map_err(|cause| format!("the price of slot {slot} cannot move so: {cause:?}"))?;
    }
    let given = Given(given.collect());
    match head.ask {
        Ask::Standings | Ask::Book | Ask::Bank | Ask::Changes | Ask::Pool | Ask::PoolRequest => {
            of_exchange(&head, &book, &given, now)
        }
        _ => of_account(&head, &book, &given, now),
    }
}

/// Answers what is about one margin account.
fn of_account(
    head: &Head,
    book: &RiskBook,
    given: &Given<'_>,
    now: i64,
) -> Result<Answer, Failure> {
    let margin = decode::<MarginAccount>(given.at(0)?)?;
    let subject = Subject {
        book,
        account: &margin,
        now,
    };
    let action = || head.action.ok_or("the action is missing");
    Ok(match head.ask {
        Ask::Explain => {
            let named = |slot: u8| head.names.iter().find(|(of, _)| *of == slot);
            let explained = Explained {
                view: &reading(book, now),
                book,
                names: &|slot| named(slot).map_or_else(|| unnamed(book, slot), |it| it.1.clone()),
            };
            let explanation = explained.explain(&*margin);
            let refused = |cause| format!("the engine refuses: {cause:?}");
            Answer::Explanation(Box::new(explanation.map_err(refused)?))
        }
        Ask::Preview => {
            let action = action()?;
            let preview = with(action, given, |actions| {
                subject.preview(actions(action.asked()))
            })?;
            Answer::Preview(Box::new(preview?))
        }
        Ask::Most => Answer::Most(with(action()?, given, |actions| subject.most(actions))?),
        Ask::Least => Answer::Least(with(action()?, given, |actions| subject.least(actions))??),
        Ask::MostLevered => {
            let parts = head.leverage.ok_or("the leverage is missing")?.0;
            Answer::Most(with(action()?, given, |actions| {
                subject.most_levered(actions, parts)
            })?)
        }
        Ask::Isolated => {
            let market = decode::<Market>(given.at(1)?)?;
            let order = head.order.ok_or("the order is missing")?;
            let collateral = head.collateral.ok_or("the collateral is missing")?;
            let preview = subject.isolated(&market, order, collateral.0)?;
            Answer::Preview(Box::new(preview))
        }
        _ => Answer::View(Box::new(view(book, &margin, now)?)),
    })
}

/// Answers what is about many accounts or the exchange.
fn of_exchange(
    head: &Head,
    book: &RiskBook,
    given: &Given<'_>,
    now: i64,
) -> Result<Answer, Failure> {
    Ok(match head.ask {
        Ask::Standings => {
            let accounts = given.from(0).iter();
            let accounts = accounts.map(|bytes| {
                let account = decode::<MarginAccount>(bytes)?;
                // One that cannot be judged hides no other.
                Ok::<_, Failure>(standing(book, &account, now).ok())
            });
            Answer::Standings(accounts.collect::<Result<_, _>>()?)
        }
        Ask::Bank => {
            let bank = decode::<Bank>(given.at(0)?)?;
            Answer::Bank(Box::new(bank_view(book, &bank, now)?))
        }
        Ask::Changes => {
            let exchange = decode_borsh::<Exchange>(given.at(0)?)?;
            let changes = given.from(1).iter();
            let changes = changes.map(|bytes| {
                let change = decode_borsh::<ParameterChange>(bytes)?;
                Ok::<_, Failure>(change_view(&exchange, book.exchange, &change, now))
            });
            Answer::Changes(changes.collect::<Result<_, _>>()?)
        }
        Ask::Pool | Ask::PoolRequest => {
            let pool = decode::<Pool>(given.at(0)?)?;
            let markets = given.from(1).iter();
            let markets = markets.map(|bytes| decode::<Market>(bytes).map(|market| *market));
            let pool = PoolAt {
                book,
                pool: &pool,
                markets: &markets.collect::<Result<Vec<_>, _>>()?,
                now,
            };
            match (head.ask, head.request) {
                (Ask::Pool, _) => Answer::Pool(Box::new(pool.view()?)),
                (_, Some(request)) => Answer::PoolRequest(pool.answer(request)?),
                (_, None) => return Err("the request to the pool is missing".into()),
            }
        }
        _ => Answer::Book(Box::new(book_view(book, now)?)),
    })
}

impl Named {
    /// The amount that is asked about.
    fn asked(&self) -> u64 {
        match (self.order, self.amount) {
            (Some(order), _) => order.size.unsigned_abs(),
            (None, amount) => amount.map_or(0, |amount| amount.0),
        }
    }
}

/// Runs `ask` with the action by its amount; the size of an order keeps its side.
fn with<T>(
    named: Named,
    given: &Given<'_>,
    ask: impl for<'b> FnOnce(&'b dyn Fn(u64) -> Action<'b>) -> T,
) -> Result<T, Failure> {
    Ok(match named.kind {
        Kind::Trade => {
            let order = named.order.ok_or("the order is missing")?;
            let market = decode::<Market>(given.at(1)?)?;
            let sized = |amount: u64| {
                // Amounts asked for fit: they are sizes of orders or were doubled within 63 bits.
                let size = i64::try_from(amount).unwrap_or(i64::MAX);
                let size = if order.size < 0 { -size } else { size };
                Action::Trade(&market, Order { size, ..order })
            };
            ask(&sized)
        }
        Kind::Deposit => {
            let bank = decode::<Bank>(given.at(1)?)?;
            ask(&|amount| Action::Deposit(&bank, amount))
        }
        Kind::Withdraw => {
            let bank = decode::<Bank>(given.at(1)?)?;
            ask(&|amount| Action::Withdraw(&bank, amount, named.borrow))
        }
        Kind::Transfer => {
            let bank = decode::<Bank>(given.at(1)?)?;
            let to = given.from(2).first();
            let to = to.map(|bytes| decode::<MarginAccount>(bytes)).transpose()?;
            ask(&|amount| Action::Transfer(&bank, to.as_deref(), amount))
        }
        Kind::Model => ask(&|_| Action::Model(named.model)),
    })
}
