//! What the chain tells: all accounts at once, then every change, and everything again after the connection
//! was gone.

use std::str::FromStr;
use std::time::Duration;

use anchor_lang::Discriminator;
use anyhow::{bail, Context, Result};
use futures_util::{SinkExt, StreamExt};
use plimsoll::state::{
    Bank, MarginAccount, Market, Order, ParameterChange, Pool, PoolRequest, RiskBook,
};
use serde_json::{json, Value};
use solana_address::Address;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::chain::{held, Rpc, RpcError};

/// Longest silence of a stream, which tells every slot, before it counts as gone.
const SILENCE: Duration = Duration::from_secs(3);
/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(500);
/// Between two readings of the clock.
const CLOCK: Duration = Duration::from_millis(400);

/// A key and the bytes of its account.
pub type Bytes = (Address, Vec<u8>);

/// What is told.
#[derive(Debug)]
pub enum News {
    /// The stream runs from now on: what was told before may have holes.
    Connected,
    /// The stream is gone.
    Disconnected(String),
    /// Every account of a group, as of a slot: what is not among them is gone.
    Group(Group, u64, Vec<Bytes>),
    /// A reading is complete.
    Complete,
    /// A reading failed.
    Failed(String),
    /// An account that changed, and the newest slot told.
    Changed(u64, Bytes),
    /// The chain's clock, unix seconds.
    Clock(i64),
}

/// Accounts that are read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The risk book.
    Book,
    /// Margin accounts.
    Accounts,
    /// Markets.
    Markets,
    /// Banks.
    Banks,
    /// The pool.
    Pool,
    /// Orders.
    Orders,
    /// Requests to the pool.
    Requests,
    /// Announced changes.
    Changes,
}

/// Every group, the smallest and most needed first.
pub const ALL: [Group; 8] = [
    Group::Book,
    Group::Markets,
    Group::Banks,
    Group::Pool,
    Group::Orders,
    Group::Requests,
    Group::Changes,
    Group::Accounts,
];
/// Groups whose accounts come and go: a stream does not tell that an account is gone.
pub const SMALL: [Group; 3] = [Group::Orders, Group::Requests, Group::Changes];

impl Group {
    fn discriminator(self) -> &'static [u8] {
        match self {
            Self::Book => RiskBook::DISCRIMINATOR,
            Self::Accounts => MarginAccount::DISCRIMINATOR,
            Self::Markets => Market::DISCRIMINATOR,
            Self::Banks => Bank::DISCRIMINATOR,
            Self::Pool => Pool::DISCRIMINATOR,
            Self::Orders => Order::DISCRIMINATOR,
            Self::Requests => PoolRequest::DISCRIMINATOR,
            Self::Changes => ParameterChange::DISCRIMINATOR,
        }
    }

    /// Where the address stands by which an account is of the exchange: that of the book, but for the book
    /// itself and for changes, which name the exchange.
    fn field(self) -> usize {
        match self {
            Self::Accounts => 40,
            _ => 8,
        }
    }

    fn names_exchange(self) -> bool {
        matches!(self, Self::Book | Self::Changes)
    }
}

/// Reads groups of accounts of the exchange and tells them.
pub async fn read(
    rpc: &Rpc,
    (book, exchange): (Address, Address),
    groups: &[Group],
    news: &UnboundedSender<News>,
) {
    for group in groups {
        let key = if group.names_exchange() {
            exchange
        } else {
            book
        };
        let field = (group.field(), &key);
        let read = rpc
            .program_accounts(&plimsoll::ID, group.discriminator(), field)
            .await;
        let told = match read {
            Ok((slot, accounts)) => news.send(News::Group(*group, slot, accounts)),
            Err(error) => {
                let _ = news.send(News::Failed(error.to_string()));
                return;
            }
        };
        if told.is_err() {
            return;
        }
    }
    let _ = news.send(News::Complete);
}

/// Tells the clock for ever.
pub async fn clock(rpc: Rpc, news: UnboundedSender<News>) {
    loop {
        let told = match rpc.clock().await {
            Ok(now) => news.send(News::Clock(now)),
            Err(RpcError::Transport { .. }) => Ok(()),
            Err(error) => news.send(News::Failed(error.to_string())),
        };
        if told.is_err() {
            return;
        }
        sleep(CLOCK).await;
    }
}

/// Tells every change of an account of the program for ever, connecting again whenever the stream ends.
pub async fn stream(url: String, news: UnboundedSender<News>) {
    loop {
        let ended = listen(&url, &news).await;
        let why = match ended {
            Ok(()) => "closed".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        if news.send(News::Disconnected(why)).is_err() {
            return;
        }
        sleep(PAUSE).await;
    }
}

async fn listen(url: &str, news: &UnboundedSender<News>) -> Result<()> {
    let connected = timeout(SILENCE, connect_async(url)).await;
    let (mut socket, _) = connected.context("no connection in time")??;
    let program =
        json!([plimsoll::ID.to_string(), {"encoding": "base64", "commitment": "confirmed"}]);
    for (id, method, params) in [
        (1, "programSubscribe", program),
        (2, "slotSubscribe", json!([])),
    ] {
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        socket.send(Message::text(request.to_string())).await?;
    }
    let (mut confirmed, mut newest) = (0, 0);
    loop {
        let message = timeout(SILENCE, socket.next()).await.context("silent")?;
        let text = match message.context("closed")?? {
            Message::Text(text) => text,
            Message::Ping(payload) => {
                socket.send(Message::Pong(payload)).await?;
                continue;
            }
            Message::Close(_) => return Ok(()),
            _ => continue,
        };
        let message: Value = serde_json::from_str(text.as_str())?;
        if message.get("id").is_some() {
            if let Some(error) = message.get("error") {
                bail!("the node refuses the subscription: {error}");
            }
            confirmed += 1;
            if confirmed == 2 {
                news.send(News::Connected)?;
            }
            continue;
        }
        // The test node tells changes as of the slot of the subscription: that of the last slot told counts.
        let slot = message
            .pointer("/params/result/slot")
            .and_then(Value::as_u64);
        newest = slot.unwrap_or(newest).max(newest);
        if let Some(changed) = changed(&message, newest) {
            news.send(changed)?;
        }
    }
}

fn changed(message: &Value, newest: u64) -> Option<News> {
    if message.get("method")?.as_str()? != "programNotification" {
        return None;
    }
    let result = message.pointer("/params/result")?;
    let slot = result.pointer("/context/slot")?.as_u64()?;
    let key = result.pointer("/value/pubkey")?.as_str()?;
    let account = held(result.pointer("/value/account")?)?;
    // An account that is closed is given back to the system program.
    let data = if account.owner == plimsoll::ID {
        account.data
    } else {
        Vec::new()
    };
    let slot = slot.max(newest);
    Some(News::Changed(slot, (Address::from_str(key).ok()?, data)))
}
