//! The node's JSON-RPC, as much of it as a keeper needs.

use std::str::FromStr;
use std::time::Duration;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::{json, Value};
use solana_address::Address;
use solana_clock::Clock;
use solana_hash::Hash;
use solana_sdk_ids::sysvar::clock;
use solana_transaction::Transaction;

/// Why a request brought no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RpcError {
    /// The node cannot be reached.
    #[error("the node at {url} does not answer {method}: {cause}")]
    Transport {
        /// Where it should be.
        url: String,
        /// What was asked.
        method: String,
        /// What the client says.
        cause: String,
    },
    /// It refuses.
    #[error("the node refuses {method}: {message}")]
    Refused {
        /// What was asked.
        method: String,
        /// What it says.
        message: String,
    },
    /// It says something else than expected.
    #[error("the node's answer to {method} is not understood: expected {expected}")]
    Answer {
        /// What was asked.
        method: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl RpcError {
    /// Whether a transaction was refused because the chain has it already.
    pub fn is_repeated(&self) -> bool {
        matches!(self, Self::Refused { message, .. } if message.contains("already been processed"))
    }
}

/// An account as the node has it.
#[derive(Clone, Debug)]
pub struct Held {
    /// Owner program.
    pub owner: Address,
    /// Its SOL.
    pub lamports: u64,
    /// Its bytes.
    pub data: Vec<u8>,
    /// Whether it is a program.
    pub executable: bool,
}

/// What a simulation says.
#[derive(Clone, Debug, Default)]
pub struct Simulated {
    /// The refusal; none where it passed.
    pub refused: Option<Refusal>,
    /// Compute units it used.
    pub units: u32,
}

/// A refusal of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Code of a program's error, where it is one.
    pub code: Option<u32>,
    /// What the node says.
    pub text: String,
}

impl Refusal {
    fn of(error: &Value) -> Self {
        let code = error.pointer("/InstructionError/1/Custom");
        Self {
            code: code
                .and_then(Value::as_u64)
                .and_then(|code| u32::try_from(code).ok()),
            text: error.to_string(),
        }
    }
}

/// A node.
#[derive(Clone, Debug)]
pub struct Rpc {
    url: String,
    http: reqwest::Client,
}

type Answer<T> = Result<T, RpcError>;

impl Rpc {
    /// At `url`; a request takes at most `timeout`.
    ///
    /// # Errors
    /// No TLS on this machine.
    pub fn new(url: &str, timeout: Duration) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(timeout).build()?;
        Ok(Self {
            url: url.to_owned(),
            http,
        })
    }

    /// Asks for `method`.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn call(&self, method: &str, params: Value) -> Answer<Value> {
        let transport = |cause: reqwest::Error| RpcError::Transport {
            url: self.url.clone(),
            method: method.to_owned(),
            cause: chain(&cause.without_url()),
        };
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.http.post(&self.url).json(&request).send().await;
        let answer = answer.map_err(transport)?.json::<Value>().await;
        let mut answer = answer.map_err(transport)?;
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            let message = error.get("message").and_then(Value::as_str);
            return Err(RpcError::Refused {
                method: method.to_owned(),
                message: message.map_or_else(|| error.to_string(), str::to_owned),
            });
        }
        Ok(answer
            .get_mut("result")
            .map(Value::take)
            .unwrap_or_default())
    }

    /// An account.
    ///
    /// # Errors
    /// Those of a request.
    pub async fn account(&self, key: &Address) -> Answer<Option<Held>> {
        let params = json!([key.to_string(), {"encoding": "base64", "commitment": "confirmed"}]);
        let answer = self.call("getAccountInfo", params).await?;
        let value = answer.get("value").unwrap_or(&Value::Null);
        if value.is_null() {
            return Ok(None);
        }
        held(value)
            .map(Some)
            .ok_or_else(|| strange("getAccountInfo", "an account"))
    }

    /// Accounts of a program that begin with `discriminator` and have `key` at `offset`, and the slot they
    /// are of.
    ///
    /// # Errors
    /// Those of a request.
    pub async fn program_accounts(
        &self,
        program: &Address,
        discriminator: &[u8],
        (offset, key): (usize, &Address),
    ) -> Answer<(u64, Vec<(Address, Vec<u8>)>)> {
        const METHOD: &str = "getProgramAccounts";
        let begins = json!({"memcmp": {"offset": 0, "bytes": BASE64_STANDARD.encode(discriminator), "encoding": "base64"}});
        let has = json!({"memcmp": {"offset": offset, "bytes": key.to_string()}});
        let config = json!({
            "encoding": "base64",
            "commitment": "confirmed",
            "withContext": true,
            "filters": [begins, has],
        });
        let answer = self
            .call(METHOD, json!([program.to_string(), config]))
            .await?;
        let slot = answer
            .pointer("/context/slot")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        let list = answer.get("value").unwrap_or(&answer).as_array();
        let list = list.ok_or_else(|| strange(METHOD, "a list of accounts"))?;
        let account = |entry: &Value| {
            Some((
                address(entry.get("pubkey")?)?,
                held(entry.get("account")?)?.data,
            ))
        };
        let accounts: Option<Vec<_>> = list.iter().map(account).collect();
        Ok((
            slot,
            accounts.ok_or_else(|| strange(METHOD, "accounts in base64"))?,
        ))
    }

    /// The chain's clock, unix seconds.
    ///
    /// # Errors
    /// Those of a request; a chain without a clock.
    pub async fn clock(&self) -> Answer<i64> {
        let expected = || strange("getAccountInfo", "the clock");
        let held = self.account(&clock::ID).await?.ok_or_else(expected)?;
        let clock: Clock = bincode::deserialize(&held.data).map_err(|_| expected())?;
        Ok(clock.unix_timestamp)
    }

    /// Lamports that keep an account of so many bytes.
    ///
    /// # Errors
    /// Those of a request.
    pub async fn rent(&self, bytes: usize) -> Answer<u64> {
        const METHOD: &str = "getMinimumBalanceForRentExemption";
        let answer = self.call(METHOD, json!([bytes])).await?;
        answer.as_u64().ok_or_else(|| strange(METHOD, "lamports"))
    }

    /// A blockhash to sign with.
    ///
    /// # Errors
    /// Those of a request.
    pub async fn blockhash(&self) -> Answer<Hash> {
        const METHOD: &str = "getLatestBlockhash";
        let answer = self
            .call(METHOD, json!([{"commitment": "confirmed"}]))
            .await?;
        let hash = answer.pointer("/value/blockhash").and_then(Value::as_str);
        hash.and_then(|hash| Hash::from_str(hash).ok())
            .ok_or_else(|| strange(METHOD, "a blockhash"))
    }

    /// What a transaction would do.
    ///
    /// # Errors
    /// Those of a request.
    pub async fn simulate(&self, transaction: &Transaction) -> Answer<Simulated> {
        const METHOD: &str = "simulateTransaction";
        let config = json!({"encoding": "base64", "commitment": "confirmed", "replaceRecentBlockhash": true, "sigVerify": false});
        let answer = self
            .call(METHOD, json!([encoded(METHOD, transaction)?, config]))
            .await?;
        let value = answer
            .get("value")
            .ok_or_else(|| strange(METHOD, "a result"))?;
        let error = value.get("err").filter(|error| !error.is_null());
        let units = value
            .get("unitsConsumed")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        Ok(Simulated {
            refused: error.map(Refusal::of),
            units: u32::try_from(units).unwrap_or(u32::MAX),
        })
    }

    /// Sends a transaction that was simulated; its signature.
    ///
    /// # Errors
    /// Those of a request.
    pub async fn send(&self, transaction: &Transaction) -> Answer<String> {
        const METHOD: &str = "sendTransaction";
        let config = json!({"encoding": "base64", "skipPreflight": true, "maxRetries": 3});
        let answer = self
            .call(METHOD, json!([encoded(METHOD, transaction)?, config]))
            .await?;
        let signature = answer.as_str().map(str::to_owned);
        signature.ok_or_else(|| strange(METHOD, "a signature"))
    }

    /// What has become of a transaction; none while nobody knows.
    ///
    /// # Errors
    /// Those of a request.
    pub async fn status(&self, signature: &str) -> Answer<Option<Result<(), Refusal>>> {
        let answer = self
            .call("getSignatureStatuses", json!([[signature]]))
            .await?;
        let status = answer.pointer("/value/0").unwrap_or(&Value::Null);
        let level = status.get("confirmationStatus").and_then(Value::as_str);
        let error = status.get("err").filter(|error| !error.is_null());
        Ok(match (level, error) {
            (_, Some(error)) => Some(Err(Refusal::of(error))),
            (Some("confirmed" | "finalized"), None) => Some(Ok(())),
            _ => None,
        })
    }

    /// What was paid lately for transactions that write these accounts, micro-lamports a compute unit.
    ///
    /// # Errors
    /// Those of a request.
    pub async fn recent_fees(&self, written: &[Address]) -> Answer<Vec<u64>> {
        let keys: Vec<String> = written.iter().map(Address::to_string).collect();
        let answer = self
            .call("getRecentPrioritizationFees", json!([keys]))
            .await?;
        let fees = answer.as_array().map(Vec::as_slice).unwrap_or_default();
        let fee = |entry: &Value| entry.get("prioritizationFee").and_then(Value::as_u64);
        Ok(fees.iter().filter_map(fee).collect())
    }

    /// Sets an account of a test node.
    ///
    /// # Errors
    /// Those of a request; any other node refuses.
    pub async fn set_account(&self, key: &Address, owner: &Address, data: &[u8]) -> Answer<()> {
        let account = json!({
            "lamports": 1_000_000_000u64,
            "owner": owner.to_string(),
            "data": hex::encode(data),
            "executable": false,
        });
        let params = json!([key.to_string(), account]);
        self.call("surfnet_setAccount", params).await.map(|_| ())
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn strange(method: &str, expected: &'static str) -> RpcError {
    RpcError::Answer {
        method: method.to_owned(),
        expected,
    }
}

fn address(value: &Value) -> Option<Address> {
    Address::from_str(value.as_str()?).ok()
}

/// An account of an answer, in base64.
pub fn held(value: &Value) -> Option<Held> {
    let data = value.pointer("/data/0")?.as_str()?;
    Some(Held {
        owner: address(value.get("owner")?)?,
        lamports: value.get("lamports")?.as_u64()?,
        data: BASE64_STANDARD.decode(data).ok()?,
        executable: value.get("executable")?.as_bool()?,
    })
}

fn encoded(method: &str, transaction: &Transaction) -> Answer<String> {
    let bytes = bincode::serialize(transaction);
    let bytes = bytes.map_err(|_| strange(method, "a transaction that can be written"))?;
    Ok(BASE64_STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_program_has_its_code() {
        let refusal = |text: &str| Refusal::of(&serde_json::from_str(text).unwrap()).code;
        assert_eq!(
            refusal(r#"{"InstructionError":[2,{"Custom":6213}]}"#),
            Some(6_213)
        );
        assert_eq!(
            refusal(r#"{"InstructionError":[0,"InvalidAccountData"]}"#),
            None
        );
        assert_eq!(refusal(r#""BlockhashNotFound""#), None);
    }

    #[test]
    fn a_transaction_the_chain_has_already_is_no_refusal_of_the_program() {
        let refused = |message: &str| RpcError::Refused {
            method: "sendTransaction".into(),
            message: message.into(),
        };
        let repeated = "Transaction simulation failed: This transaction has already been processed";
        assert!(refused(repeated).is_repeated());
        assert!(!refused("Blockhash not found").is_repeated());
    }
}
