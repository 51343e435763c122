//! The engine for browsers: bytes of accounts in, JSON out.
//!
//! A request is the length of its head (four bytes, little endian), the head in JSON, then the accounts it
//! names one after the other: book, margin account, and the bank or market that an action needs. An answer is
//! its length (four bytes) and JSON: `{"ok": …}` or `{"error": "…"}`. Integers of 64 bits and more are text,
//! health reports the bytes that `assess` returns, hexadecimal.

mod memory;

use plimsoll::state::{Bank, MarginAccount, Market, RiskBook};
use plimsoll_client::decode;
use plimsoll_client::preview::{Action, Order, Preview, Subject};
use plimsoll_client::price::move_asset;
use plimsoll_client::view::{view, AccountViewed};
use serde::{Deserialize, Serialize};

/// What is asked. Amounts in atoms, as text.
#[derive(Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase")]
enum Ask {
    /// The account with its health.
    View,
    /// What an action would do.
    Preview { action: Named },
    /// The largest amount of an action that is not refused.
    Most { action: Named },
}

/// An action; the last account of the request is its bank or market.
#[derive(Clone, Copy, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Named {
    /// An order on the market's terms at the book's price.
    Trade { order: Order },
    /// A deposit or a repayment.
    Deposit { amount: Amount },
    /// A withdrawal, a loan or a payment to another account.
    Withdraw { amount: Amount, borrow: bool },
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

#[derive(Deserialize)]
struct Head {
    #[serde(flatten)]
    ask: Ask,
    /// Unix seconds, as text.
    now: String,
    /// Moves of prices before anything else: slot and parts of a million.
    #[serde(default)]
    moves: Vec<(u8, i64)>,
    /// Bytes of each account.
    lengths: Vec<usize>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    View(Box<AccountViewed>),
    Preview(Box<Preview>),
    Most(String),
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
    serde_json::to_vec(&outcome).unwrap_or_default()
}

type Failure = Box<dyn core::error::Error>;

fn read(request: &[u8]) -> Result<Answer, Failure> {
    let short = "the request ends early";
    let (length, rest) = request.split_first_chunk::<4>().ok_or(short)?;
    let length = usize::try_from(u32::from_le_bytes(*length))?;
    let (head, mut rest) = rest.split_at_checked(length).ok_or(short)?;
    let head: Head = serde_json::from_slice(head)?;
    let now = head.now.parse()?;
    let mut accounts = Vec::new();
    for length in &head.lengths {
        let (account, after) = rest.split_at_checked(*length).ok_or(short)?;
        accounts.push(account);
        rest = after;
    }
    let account = |at: usize| accounts.get(at).copied().ok_or("an account is missing");
    let mut book = decode::<RiskBook>(account(0)?)?;
    let margin = decode::<MarginAccount>(account(1)?)?;
    for (slot, parts) in &head.moves {
        let asset = book.assets.get_mut(usize::from(*slot));
        let moved = move_asset(asset.ok_or("no such slot")?, *parts);
        moved.map_err(|cause| format!("the price of slot {slot} cannot move so: {cause:?}"))?;
    }
    let subject = Subject {
        book: &book,
        account: &margin,
        now,
    };
    Ok(match head.ask {
        Ask::View => Answer::View(Box::new(view(&book, &margin, now)?)),
        Ask::Preview { action } => {
            let preview = with(action, account(2)?, |actions| {
                subject.preview(actions(action.amount()))
            })?;
            Answer::Preview(Box::new(preview?))
        }
        Ask::Most { action } => {
            let most = with(action, account(2)?, |actions| subject.most(actions))?;
            Answer::Most(most.to_string())
        }
    })
}

impl Named {
    fn amount(&self) -> u64 {
        match self {
            Self::Trade { order } => order.size.unsigned_abs(),
            Self::Deposit { amount } | Self::Withdraw { amount, .. } => amount.0,
        }
    }
}

/// Runs `ask` with the action by its amount; the size of an order keeps its side.
fn with<T>(
    named: Named,
    bytes: &[u8],
    ask: impl for<'b> FnOnce(&'b dyn Fn(u64) -> Action<'b>) -> T,
) -> Result<T, Failure> {
    Ok(match named {
        Named::Trade { order } => {
            let market = decode::<Market>(bytes)?;
            let sized = |amount: u64| {
                // Amounts asked for fit: they are sizes of orders or were doubled within 63 bits.
                let size = i64::try_from(amount).unwrap_or(i64::MAX);
                let size = if order.size < 0 { -size } else { size };
                Action::Trade(&market, Order { size, ..order })
            };
            ask(&sized)
        }
        Named::Deposit { .. } => {
            let bank = decode::<Bank>(bytes)?;
            ask(&|amount| Action::Deposit(&bank, amount))
        }
        Named::Withdraw { borrow, .. } => {
            let bank = decode::<Bank>(bytes)?;
            ask(&|amount| Action::Withdraw(&bank, amount, borrow))
        }
    })
}
