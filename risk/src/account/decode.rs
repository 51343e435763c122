//! Account data from files: raw bytes, or the JSON of `solana account --output json` and of the RPC
//! method `getAccountInfo` with base64.

use anchor_lang::{Discriminator, Owner};
use anyhow::{bail, ensure, Context, Result};
use base64::prelude::{Engine as _, BASE64_STANDARD};
use bytemuck::Pod;
use serde_json::Value;
use std::path::Path;

const DISCRIMINATOR: usize = 8;

/// Account data and what came with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// Where it is from, for messages.
    pub from: String,
    /// The account's address, where it is known.
    pub address: Option<String>,
    /// The program that owns the account, where it is known.
    pub owner: Option<String>,
    /// With the discriminator.
    pub data: Vec<u8>,
}

impl Raw {
    /// Reads a file of either kind; what is no JSON is raw bytes.
    ///
    /// # Errors
    /// A file that cannot be read, or JSON without base64 data.
    pub fn read(path: &Path) -> Result<Self> {
        let from = path.display().to_string();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {from}"))?;
        let Ok(json) = serde_json::from_slice::<Value>(&bytes) else {
            return Ok(Self {
                from,
                data: bytes,
                ..Self::default()
            });
        };
        Self::from_json(&json, from)
    }

    /// From the JSON of an account, wherever in it the account stands.
    ///
    /// # Errors
    /// No account, or data in another encoding.
    pub fn from_json(json: &Value, from: String) -> Result<Self> {
        let account = [
            json.pointer("/result/value"),
            json.get("account"),
            json.get("value"),
            Some(json),
        ];
        let account = account.into_iter().flatten().next();
        let account = account.with_context(|| format!("{from}: expected an account"))?;
        if account.is_null() {
            bail!("{from}: there is no such account");
        }
        let data = account.get("data").and_then(Value::as_array);
        let (Some(Value::String(text)), Some(Value::String(encoding))) =
            (data.and_then(|d| d.first()), data.and_then(|d| d.get(1)))
        else {
            bail!("{from}: expected `data` as a pair of text and encoding, like [\"...\", \"base64\"]");
        };
        ensure!(
            encoding == "base64",
            "{from}: expected data in base64, got {encoding}"
        );
        let data = BASE64_STANDARD
            .decode(text)
            .with_context(|| format!("{from}: `data` is not base64"))?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            from,
            address: text(json.get("pubkey")),
            owner: text(account.get("owner")),
            data,
        })
    }

    /// The account as the program reads it.
    ///
    /// # Errors
    /// Another owner, discriminator or size than `T` has.
    pub fn account<T: Pod + Discriminator + Owner>(&self, what: &str) -> Result<Box<T>> {
        let from = &self.from;
        let owner = T::owner().to_string();
        if let Some(actual) = self.owner.as_ref().filter(|actual| **actual != owner) {
            bail!("{from}: expected a {what} of program {owner}, got an account of {actual}");
        }
        let expected = DISCRIMINATOR + size_of::<T>();
        let head = self.data.get(..DISCRIMINATOR).unwrap_or(&self.data);
        ensure!(
            head == T::DISCRIMINATOR,
            "{from}: expected a {what} with discriminator {}, got {}",
            hex::encode(T::DISCRIMINATOR),
            if head.is_empty() {
                "no data".to_owned()
            } else {
                hex::encode(head)
            }
        );
        let actual = self.data.len();
        ensure!(
            actual == expected,
            "{from}: expected a {what} of {expected} bytes, got {actual}"
        );
        // Checked to be there and as long as `T`.
        let body = self.data.get(DISCRIMINATOR..).unwrap_or_default();
        let account = bytemuck::try_pod_read_unaligned(body);
        account
            .map(Box::new)
            .map_err(|error| anyhow::anyhow!("{from}: no {what}: {error}"))
    }
}
