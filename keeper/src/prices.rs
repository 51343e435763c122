//! Prices from a source that speaks Hermes's v2 interface.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{bail, Context, Result};
use base64::prelude::{Engine, BASE64_STANDARD};
use serde::Deserialize;
use solana_address::Address;

use crate::receiver::Signed;

/// A feed id.
pub type FeedId = [u8; 32];

/// One update of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The feed.
    pub feed: FeedId,
    /// Price × 10^-exponent dollars.
    pub price: i64,
    /// Half width of the confidence interval, same unit.
    pub conf: u64,
    /// Exponent.
    pub exponent: i32,
    /// Unix seconds.
    pub publish_time: i64,
    /// Unix seconds of the update before.
    pub previous_publish_time: i64,
    /// Exponentially weighted mean of the price.
    pub ema: i64,
    /// The same of the confidence.
    pub ema_conf: u64,
    /// Slot it was published in.
    pub slot: u64,
}

const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
const FULLY_VERIFIED: u8 = 1;
/// Bytes of the account: a fully verified update leaves the last one unused.
const LENGTH: usize = 134;

impl Update {
    /// As `PriceUpdateV2` of the receiver program, fully verified.
    pub fn account(&self, authority: &Address) -> Vec<u8> {
        let mut data = Vec::with_capacity(LENGTH);
        data.extend(DISCRIMINATOR);
        data.extend(authority.to_bytes());
        data.push(FULLY_VERIFIED);
        data.extend(self.feed);
        data.extend(self.price.to_le_bytes());
        data.extend(self.conf.to_le_bytes());
        data.extend(self.exponent.to_le_bytes());
        data.extend(self.publish_time.to_le_bytes());
        data.extend(self.previous_publish_time.to_le_bytes());
        data.extend(self.ema.to_le_bytes());
        data.extend(self.ema_conf.to_le_bytes());
        data.extend(self.slot.to_le_bytes());
        data.resize(LENGTH, 0);
        data
    }
}

#[derive(Deserialize)]
struct Answer {
    parsed: Vec<Parsed>,
    #[serde(default)]
    binary: Binary,
}

/// The same, signed.
#[derive(Default, Deserialize)]
struct Binary {
    data: Vec<String>,
}

/// What a source publishes: prices to read, and signed messages that prove them, if it has them.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// To read.
    pub updates: Vec<Update>,
    /// To post.
    pub signed: Vec<Signed>,
}

impl Published {
    /// The update of a feed.
    ///
    /// # Errors
    /// There is none.
    pub fn of(&self, feed: &FeedId) -> Result<&Update> {
        let update = self.updates.iter().find(|update| update.feed == *feed);
        update.with_context(|| format!("no update of feed {}", hex::encode(feed)))
    }
}

#[derive(Deserialize)]
struct Parsed {
    id: String,
    price: Number,
    ema_price: Number,
    metadata: Metadata,
}

/// Hermes writes prices as text, and times as numbers.
#[derive(Deserialize)]
struct Number {
    price: String,
    conf: String,
    expo: i32,
    publish_time: i64,
}

#[derive(Deserialize)]
struct Metadata {
    prev_publish_time: i64,
    #[serde(default)]
    slot: Option<u64>,
}

fn feed_of(text: &str) -> Result<FeedId> {
    let mut feed = FeedId::default();
    hex::decode_to_slice(text.trim_start_matches("0x"), &mut feed).with_context(|| {
        format!("expected a feed id of 64 hexadecimal digits, found \"{text}\"")
    })?;
    Ok(feed)
}

fn parse(text: &str) -> Result<Published> {
    let answer: Answer =
        serde_json::from_str(text).context("the source of prices answers strangely")?;
    let update = |parsed: Parsed| -> Result<Update> {
        Ok(Update {
            feed: feed_of(&parsed.id)?,
            price: i64::from_str(&parsed.price.price)?,
            conf: u64::from_str(&parsed.price.conf)?,
            exponent: parsed.price.expo,
            publish_time: parsed.price.publish_time,
            previous_publish_time: parsed.metadata.prev_publish_time,
            ema: i64::from_str(&parsed.ema_price.price)?,
            ema_conf: u64::from_str(&parsed.ema_price.conf)?,
            slot: parsed.metadata.slot.unwrap_or(0),
        })
    };
    let signed = |text: &String| {
        let bytes = BASE64_STANDARD.decode(text);
        Signed::parse(&bytes.context("a binary update in base64")?)
    };
    Ok(Published {
        signed: answer
            .binary
            .data
            .iter()
            .map(signed)
            .collect::<Result<_>>()?,
        updates: answer
            .parsed
            .into_iter()
            .map(update)
            .collect::<Result<_>>()?,
    })
}

/// Where prices come from.
#[derive(Clone, Debug)]
pub struct Source {
    url: String,
    key: Option<String>,
    http: reqwest::Client,
}

impl Source {
    /// The server at `url`, which may ask for a key.
    ///
    /// # Errors
    /// No TLS on this machine.
    pub fn new(url: &str, key: Option<String>, timeout: Duration) -> Result<Self> {
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            key,
            http: reqwest::Client::builder().timeout(timeout).build()?,
        })
    }

    /// The newest update of each feed.
    ///
    /// # Errors
    /// No answer, or one that is not understood.
    pub async fn newest(&self, feeds: &[FeedId]) -> Result<Published> {
        self.ask("latest", feeds).await
    }

    /// The first update of each feed published at or after an instant: the one it determines.
    ///
    /// # Errors
    /// No answer, one that is not understood, or that of another instant.
    pub async fn determined(&self, feeds: &[FeedId], instant: i64) -> Result<Published> {
        let published = self.ask(&instant.to_string(), feeds).await?;
        for feed in feeds {
            let update = published.of(feed)?;
            if update.previous_publish_time >= instant || update.publish_time < instant {
                bail!("the update that {instant} determines is not published yet");
            }
        }
        Ok(published)
    }

    async fn ask(&self, which: &str, feeds: &[FeedId]) -> Result<Published> {
        let ids: Vec<_> = feeds
            .iter()
            .map(|feed| format!("ids[]={}", hex::encode(feed)))
            .collect();
        let url = format!(
            "{}/v2/updates/price/{which}?{}&parsed=true&encoding=base64",
            self.url,
            ids.join("&")
        );
        let mut request = self.http.get(url);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let answer = request
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        let answer = answer
            .with_context(|| format!("the source of prices at {} does not answer", self.url))?;
        parse(&answer.text().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"binary":{"encoding":"base64","data":[]},"parsed":[{
        "id":"ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d",
        "price":{"price":"14012345678","conf":"5000000","expo":-8,"publish_time":1790000001},
        "ema_price":{"price":"14100000000","conf":"6000000","expo":-8,"publish_time":1790000001},
        "metadata":{"slot":7,"proof_available_time":1790000002,"prev_publish_time":1790000000}}]}"#;

    fn update() -> Update {
        parse(TEXT).unwrap().updates.remove(0)
    }

    #[test]
    fn hermes_is_understood() {
        let update = update();
        assert_eq!(
            (update.price, update.conf, update.exponent),
            (14_012_345_678, 5_000_000, -8)
        );
        assert_eq!((update.ema, update.ema_conf), (14_100_000_000, 6_000_000));
        let times = (
            update.previous_publish_time,
            update.publish_time,
            update.slot,
        );
        assert_eq!(times, (1_790_000_000, 1_790_000_001, 7));
        assert_eq!(
            hex::encode(update.feed),
            "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d"
        );
        assert!(parse("{}").is_err());
        assert!(parse(&TEXT.replace("ef0d", "zz0d")).is_err());
        assert!(parse(&TEXT.replace("14012345678", "dear")).is_err());
    }

    #[test]
    fn the_account_has_every_field_where_the_program_reads_it() {
        let update = update();
        let data = update.account(&Address::new_from_array([3; 32]));
        assert_eq!(data.len(), 134);
        let number = |at: usize| i64::from_le_bytes(data[at..at + 8].try_into().unwrap());
        assert_eq!((data[40], &data[41..73]), (1, &update.feed[..]));
        assert_eq!((number(73), number(81)), (update.price, 5_000_000));
        assert_eq!(data[89..93], (-8i32).to_le_bytes());
        assert_eq!((number(93), number(101)), (1_790_000_001, 1_790_000_000));
        assert_eq!(
            (number(109), number(117), number(125)),
            (update.ema, 6_000_000, 7)
        );
    }
}
