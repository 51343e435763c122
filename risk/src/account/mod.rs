//! One margin account against its book: explained, and with changes that are not made.
//!
//! Both are read as the program reads them, from its own structs and trait implementations, and every
//! number of health is the engine's. What is computed here is differences, shares and the search for
//! prices.

pub mod decode;
pub mod explain;
pub mod names;
pub mod price;
pub mod rpc;
pub mod simulate;
pub mod text;

use crate::backtest::data::utc;
use anyhow::{bail, ensure, Context, Result};
use decode::Raw;
use names::{Name, Names};
use plimsoll::state::{AgeLimit, BookAt, MarginAccount, RiskBook};
use rpc::Rpc;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where account and book come from.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The margin account: a file of its data or, with --rpc, its address.
    #[arg(long, value_name = "FILE|ADDRESS")]
    account: String,
    /// The risk book's data; with --rpc it is read from the cluster.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "rpc",
        conflicts_with = "rpc"
    )]
    book: Option<PathBuf>,
    /// A node to read both from.
    #[arg(long, value_name = "URL")]
    rpc: Option<String>,
    /// The instant to judge at, unix seconds; otherwise the cluster's time, or this machine's for files.
    #[arg(long, value_name = "UNIX")]
    now: Option<i64>,
    /// What assets are called.
    #[arg(long, value_name = "NAME=SLOT", value_delimiter = ',')]
    names: Vec<Name>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// What is judged.
pub struct Subject {
    /// The risk book.
    pub book: Box<RiskBook>,
    /// The margin account.
    pub account: Box<MarginAccount>,
    /// Its address, where it is known.
    pub address: Option<String>,
    /// Unix seconds.
    pub now: i64,
    /// Where `now` is from.
    pub clock: &'static str,
    /// What could not be checked, and other things to know.
    pub notes: Vec<String>,
    /// What assets are called.
    pub names: Names,
}

impl Subject {
    /// Reads account and book as asked.
    ///
    /// # Errors
    /// What cannot be read, is something else, or does not belong together.
    pub fn read(options: &Options) -> Result<Self> {
        let (account, book, clock) = match (&options.rpc, &options.book) {
            (Some(url), _) => from_cluster(url, &options.account, options.now)?,
            (None, Some(book)) => from_files(Path::new(&options.account), book, options.now)?,
            (None, None) => bail!("expected --book FILE or --rpc URL"),
        };
        let mut subject = Self::of(&account, &book, clock)?;
        subject.names = Names(options.names.clone());
        subject.names.check(&subject.book)?;
        Ok(subject)
    }

    fn of(account: &Raw, book: &Raw, (now, clock): (i64, &'static str)) -> Result<Self> {
        let address = account.address.clone();
        let margin = account.account::<MarginAccount>("margin account")?;
        let mut notes = standing(&margin);
        let expected = margin.book.to_string();
        match &book.address {
            Some(actual) => ensure!(
                *actual == expected,
                "{}: expected the account's book {expected}, got {actual}",
                book.from
            ),
            None => notes.push(format!(
                "The book's data does not say its address: that it is {expected} is not checked."
            )),
        }
        let book = book.account::<RiskBook>("risk book")?;
        ensure!(
            book.invariant().is_ok() && book.quote_slot < book.asset_count,
            "expected a book with a listed quote token, got quote slot {} of {} assets",
            book.quote_slot,
            book.asset_count
        );
        Ok(Self {
            book,
            account: margin,
            address,
            now,
            clock,
            notes,
            names: Names::default(),
        })
    }

    /// The book at the instant, with the ages for reading, as `assess` takes it.
    pub fn at(&self) -> BookAt<'_> {
        BookAt {
            book: &self.book,
            now: self.now,
            limit: AgeLimit::Other,
        }
    }
}

/// JSON of a command: what was judged when, and the result.
#[derive(serde::Serialize)]
pub struct Document<'a, T> {
    /// Address of the account, where it is known.
    account: Option<&'a str>,
    /// The account's book.
    book: String,
    /// Unix seconds.
    now: i64,
    /// Where `now` is from.
    clock: &'static str,
    /// What could not be checked, and other things to know.
    notes: &'a [String],
    /// Of all amounts of money.
    unit: &'static str,
    /// The result.
    result: &'a T,
}

impl<'a, T> Document<'a, T> {
    /// Around a result.
    pub fn of(subject: &'a Subject, result: &'a T) -> Self {
        Self {
            account: subject.address.as_deref(),
            book: subject.account.book.to_string(),
            now: subject.now,
            clock: subject.clock,
            notes: &subject.notes,
            unit: "micro-dollars",
            result,
        }
    }
}

/// What stands against the account besides its health.
fn standing(account: &MarginAccount) -> Vec<String> {
    let mut notes = Vec::new();
    if account.pending_requirement > 0 {
        notes.push(format!(
            "An order is pending; {} of the initial requirement is spoken for and not included below.",
            text::usd(i64::try_from(account.pending_requirement).unwrap_or(i64::MAX))
        ));
    }
    for (what, since) in [
        ("called", account.called_at),
        ("observed as liquidatable", account.liquidatable_since),
    ] {
        if since > 0 {
            notes.push(format!("The account was {what} at {} UTC.", utc(since)));
        }
    }
    notes
}

type Read = (Raw, Raw, (i64, &'static str));

fn from_files(account: &Path, book: &Path, now: Option<i64>) -> Result<Read> {
    let now = now.map_or_else(local_time, |now| Ok((now, "as given")))?;
    Ok((Raw::read(account)?, Raw::read(book)?, now))
}

fn from_cluster(url: &str, address: &str, now: Option<i64>) -> Result<Read> {
    let rpc = Rpc::new(url);
    let (account, _) = rpc.account(address)?;
    let book = account.account::<MarginAccount>("margin account")?.book;
    let (book, slot) = rpc.account(&book.to_string())?;
    let now = match now {
        Some(now) => (now, "as given"),
        None => match rpc.time(slot) {
            Ok(time) => (time, "of the cluster"),
            Err(_) => local_time()?,
        },
    };
    Ok((account, book, now))
}

fn local_time() -> Result<(i64, &'static str)> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.context("this machine's clock stands before 1970")?;
    Ok((i64::try_from(seconds.as_secs())?, "of this machine"))
}
