//! SOL and test tokens for anybody, on local clusters.

use std::sync::Arc;

use anyhow::{ensure, Context, Result};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use plimsoll_client::address::{token_account, TOKEN};
use plimsoll_migrations::chain::{Chain, SOL};
use plimsoll_migrations::params::{parse_address, Cluster, Params};
use plimsoll_migrations::tokens::{mint_to, test_mint};
use serde_json::{json, Value};
use solana_address::Address;

use crate::hermes::Refusal;

/// SOL in a gift.
const GIFT_SOL: u64 = 10;
/// Whole tokens in a gift by symbol; of any other symbol one.
const GIFT: [(&str, u64); 4] = [("USDC", 100_000), ("SOL", 500), ("BTC", 1), ("ETH", 25)];

/// Who makes the test tokens of a file of parameters.
pub struct Faucet {
    chain: Chain,
    tokens: Vec<Token>,
}

struct Token {
    symbol: String,
    mint: Address,
    /// Atoms in a token.
    one: u64,
}

impl Faucet {
    /// On a cluster, as the payer who made the test tokens.
    ///
    /// # Errors
    /// A public cluster.
    pub fn new(chain: Chain, params: &Params) -> Result<Self> {
        let found = chain.cluster()?;
        ensure!(
            found == Cluster::Localnet,
            "expected a local cluster for a faucet, found {found:?}"
        );
        let maker = chain.authority();
        let made = params
            .assets
            .iter()
            .filter(|asset| asset.bank.as_ref().is_some_and(|bank| bank.mint.is_none()));
        let token = |asset: &plimsoll_migrations::params::Asset| {
            Ok(Token {
                symbol: asset.symbol.clone(),
                mint: test_mint(&maker, &asset.symbol)?,
                one: asset.atoms(1)?,
            })
        };
        let tokens = made.map(token).collect::<Result<_>>()?;
        Ok(Self { chain, tokens })
    }

    /// The route: `POST /faucet?to=ADDRESS`, or `&symbol=USDC&amount=5` for some of one token.
    pub fn router(self) -> Router {
        Router::new()
            .route("/faucet", post(give))
            .with_state(Arc::new(self))
    }

    fn give(&self, wish: &Wish) -> Result<Value> {
        let lamports = if wish.symbol.is_none() {
            GIFT_SOL * SOL
        } else {
            0
        };
        if lamports > 0 {
            let airdrop = self.chain.rpc.request_airdrop(&wish.to, lamports);
            airdrop.context("the cluster gives no SOL")?;
        }
        let mut given = Vec::new();
        for token in &self.tokens {
            let asked = wish.symbol.as_ref();
            if asked.is_some_and(|symbol| *symbol != token.symbol) {
                continue;
            }
            let usual = GIFT.iter().find(|(symbol, _)| *symbol == token.symbol);
            let usual = usual.map_or(1, |(_, amount)| *amount);
            let amount = wish.amount.unwrap_or(usual);
            let atoms = amount.checked_mul(token.one);
            let atoms = atoms.with_context(|| format!("{amount} {} are too many", token.symbol))?;
            let maker = self.chain.authority();
            self.chain
                .send(&mint_to(&maker, &wish.to, &token.mint, atoms)?, &[])?;
            given.push(json!({
                "symbol": token.symbol,
                "mint": token.mint.to_string(),
                "account": token_account(&wish.to, &token.mint, &TOKEN).to_string(),
                "atoms": atoms.to_string(),
            }));
        }
        ensure!(
            lamports > 0 || !given.is_empty(),
            "expected one of {}, found {}",
            self.symbols(),
            wish.symbol.as_deref().unwrap_or_default()
        );
        Ok(json!({ "to": wish.to.to_string(), "lamports": lamports, "tokens": given }))
    }

    fn symbols(&self) -> String {
        let symbols: Vec<_> = self
            .tokens
            .iter()
            .map(|token| token.symbol.as_str())
            .collect();
        symbols.join(", ")
    }
}

/// What somebody asks for.
struct Wish {
    to: Address,
    symbol: Option<String>,
    amount: Option<u64>,
}

fn wish(query: &str) -> Result<Wish> {
    let value = |name: &str| {
        let mut all = form_urlencoded::parse(query.as_bytes());
        all.find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let amount = value("amount").map(|text| {
        let amount = text.parse::<u64>();
        amount.with_context(|| format!("expected a whole number of tokens, found {text}"))
    });
    Ok(Wish {
        to: parse_address(&value("to").context("expected ?to=ADDRESS, found none")?)?,
        symbol: value("symbol"),
        amount: amount.transpose()?,
    })
}

async fn give(
    State(faucet): State<Arc<Faucet>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Refusal> {
    let wish = wish(&query.unwrap_or_default());
    let wish = wish.map_err(|error| (StatusCode::BAD_REQUEST, format!("{error:#}")))?;
    // The client of the chain blocks.
    let given = tokio::task::spawn_blocking(move || faucet.give(&wish)).await;
    match given {
        Ok(Ok(given)) => Ok(Json(given)),
        Ok(Err(error)) => Err((StatusCode::BAD_REQUEST, format!("{error:#}"))),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
