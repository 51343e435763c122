//! The few RPC methods that reading an account takes.

use super::decode::Raw;
use anyhow::{bail, Context, Result};
use serde_json::{json, Value};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A node that answers JSON-RPC.
pub struct Rpc {
    url: String,
    agent: ureq::Agent,
}

impl Rpc {
    /// At a URL; nothing is sent yet.
    pub fn new(url: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .build();
        Self {
            url: url.to_owned(),
            agent: config.into(),
        }
    }

    /// An account, and the slot it was read in.
    ///
    /// # Errors
    /// No answer, a refusal, or no such account.
    pub fn account(&self, address: &str) -> Result<(Raw, u64)> {
        let options = json!({"encoding": "base64", "commitment": "confirmed"});
        let result = self.call("getAccountInfo", &json!([address, options]))?;
        let slot = result.pointer("/context/slot").and_then(Value::as_u64);
        let slot = slot.with_context(|| format!("{}: no slot in the answer", self.url))?;
        let raw = Raw::from_json(&result, format!("account {address}"))?;
        Ok((
            Raw {
                address: Some(address.to_owned()),
                ..raw
            },
            slot,
        ))
    }

    /// The cluster's time at a slot, unix seconds.
    ///
    /// # Errors
    /// No answer, or a slot whose time the node does not know.
    pub fn time(&self, slot: u64) -> Result<i64> {
        let result = self.call("getBlockTime", &json!([slot]))?;
        result
            .as_i64()
            .with_context(|| format!("{}: no time for slot {slot}", self.url))
    }

    fn call(&self, method: &str, params: &Value) -> Result<Value> {
        let url = &self.url;
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut response = self
            .agent
            .post(url)
            .header("content-type", "application/json")
            .send(request.to_string())
            .with_context(|| format!("{method}: no answer from {url}"))?;
        let status = response.status();
        let body = response
            .body_mut()
            .read_to_string()
            .with_context(|| format!("{method}: {url} broke off its answer"))?;
        let Ok(answer) = serde_json::from_str::<Value>(&body) else {
            bail!("{method}: expected JSON from {url}, got status {status}");
        };
        if let Some(error) = answer.get("error") {
            let message = error.get("message").and_then(Value::as_str);
            let message = message.map_or_else(|| error.to_string(), str::to_owned);
            bail!("{method}: {url} refuses: {message}");
        }
        let result = answer.get("result").cloned();
        result.with_context(|| format!("{method}: {url} answers without result, status {status}"))
    }
}
