//! The tape over HTTP, as Pyth's Hermes (v2) answers, as far as prices go: there are no signed messages.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use plimsoll_crash::crash::Asset;
use serde_json::{json, Value};

use crate::clock::Clock;
use crate::history;
use crate::tape::{Playing, Publication, Tape, ASSETS};

/// Exponent of every price.
const EXPONENT: i32 = -8;
/// Times as fast as it was that a crash is played without a wish: an hour in a minute.
pub const FACTOR: u32 = 60;
/// Seconds that prices are held without a wish.
const HOLD_SECONDS: i64 = 60;
/// Seconds that a price moves without a wish.
const MOVE_SECONDS: i64 = 5;

/// The tape and the feeds it is asked by.
#[derive(Clone)]
pub struct Hermes {
    tape: Arc<Mutex<Tape>>,
    clock: Clock,
    feeds: Arc<Vec<(String, usize)>>,
}

impl Hermes {
    /// With feed ids by symbol; symbols that the tape does not know are left out.
    pub fn new((tape, clock): (Tape, Clock), feeds: &[(String, [u8; 32])]) -> Self {
        let place = |symbol: &str| {
            ASSETS
                .iter()
                .position(|asset: &Asset| asset.symbol() == symbol)
        };
        let known = feeds
            .iter()
            .filter_map(|(symbol, id)| Some((hex::encode(id), place(symbol)?)));
        Self {
            tape: Arc::new(Mutex::new(tape)),
            clock,
            feeds: Arc::new(known.collect()),
        }
    }

    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(healthz))
            .route("/v2/updates/price/latest", get(latest))
            .route("/v2/updates/price/{publish_time}", get(at))
            .route("/crash", post(crash).get(healthz))
            .route("/move", post(shift))
            .route("/hold", post(hold))
            .route(history::PATH, get(history::history))
            .with_state(self)
    }

    /// Asks the tape, as of now.
    pub(crate) fn tape<T>(&self, read: impl FnOnce(&mut Tape) -> T) -> T {
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        tape.advance(self.clock.now());
        read(&mut tape)
    }

    /// The places of the feeds that a query names.
    fn asked(&self, query: &str) -> Result<Vec<(String, usize)>, Refusal> {
        let ids = form_urlencoded::parse(query.as_bytes());
        let ids = ids.filter(|(key, _)| key == "ids[]" || key == "ids");
        let find = |id: &str| {
            let id = id.strip_prefix("0x").unwrap_or(id).to_lowercase();
            let found = self.feeds.iter().find(|(feed, _)| *feed == id).cloned();
            found.ok_or_else(|| refuse(StatusCode::NOT_FOUND, format!("Price ids not found: {id}")))
        };
        let found: Result<Vec<_>, _> = ids.map(|(_, id)| find(&id)).collect();
        match found {
            Ok(none) if none.is_empty() => Err(refuse(
                StatusCode::BAD_REQUEST,
                "expected ids[]=…, found none".into(),
            )),
            other => other,
        }
    }
}

/// A status with a sentence.
pub type Refusal = (StatusCode, String);

fn refuse(status: StatusCode, why: String) -> Refusal {
    (status, why)
}

async fn healthz(State(hermes): State<Hermes>) -> Json<Value> {
    let (time, playing) = hermes.tape(|tape| (tape.last().time, tape.playing()));
    Json(json!({ "publish_time": time, "playing": playing }))
}

async fn latest(
    State(hermes): State<Hermes>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let asked = hermes.asked(query.as_deref().unwrap_or_default())?;
    let last = hermes.tape(|tape| tape.last().clone());
    Ok(answer(&last, &asked))
}

async fn at(
    State(hermes): State<Hermes>,
    Path(time): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let asked = hermes.asked(query.as_deref().unwrap_or_default())?;
    let found = hermes.tape(|tape| tape.at_or_after(time).cloned());
    let found = found.ok_or_else(|| {
        refuse(
            StatusCode::NOT_FOUND,
            format!("no update at or after {time} is kept"),
        )
    })?;
    Ok(answer(&found, &asked))
}

async fn crash(
    State(hermes): State<Hermes>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Refusal> {
    let query = query.unwrap_or_default();
    let name = value(&query, "name").unwrap_or_else(|| "2025-10-10".into());
    let factor = number(&query, "factor", FACTOR)?;
    let seed = number(&query, "seed", 7)?;
    begun(hermes.tape(|tape| tape.begin(&name, factor, seed)))
}

async fn shift(
    State(hermes): State<Hermes>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Refusal> {
    let query = query.unwrap_or_default();
    let needed = |name: &str| {
        let found = value(&query, name);
        found.ok_or_else(|| {
            refuse(
                StatusCode::BAD_REQUEST,
                format!("expected {name}=…, found none"),
            )
        })
    };
    let symbol = needed("symbol")?;
    needed("percent")?;
    let percent = number(&query, "percent", 0.0)?;
    let seconds = number(&query, "seconds", MOVE_SECONDS)?;
    begun(hermes.tape(|tape| tape.shift(&symbol, percent, seconds)))
}

async fn hold(
    State(hermes): State<Hermes>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Refusal> {
    let seconds = number(&query.unwrap_or_default(), "seconds", HOLD_SECONDS)?;
    begun(hermes.tape(|tape| tape.hold(seconds)))
}

fn begun(playing: anyhow::Result<Playing>) -> Result<Json<Value>, Refusal> {
    let playing = playing.map_err(|error| refuse(StatusCode::CONFLICT, error.to_string()))?;
    Ok(Json(json!({ "playing": playing })))
}

pub(crate) fn value(query: &str, name: &str) -> Option<String> {
    let mut all = form_urlencoded::parse(query.as_bytes());
    all.find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn number<T: FromStr>(query: &str, name: &str, default: T) -> Result<T, Refusal> {
    let Some(text) = value(query, name) else {
        return Ok(default);
    };
    text.parse().map_err(|_| {
        refuse(
            StatusCode::BAD_REQUEST,
            format!("expected a number of {name}, found {text}"),
        )
    })
}

fn answer(publication: &Publication, asked: &[(String, usize)]) -> Response {
    let parsed: Vec<Value> = asked
        .iter()
        .filter_map(|(id, place)| Some((id, publication.prints.get(*place)?)))
        .map(|(id, print)| {
            let price = |price: i64| {
                json!({
                    "price": price.to_string(),
                    "conf": print.conf.to_string(),
                    "expo": EXPONENT,
                    "publish_time": publication.time,
                })
            };
            json!({
                "id": id,
                "price": price(print.price),
                "ema_price": price(print.ema),
                "metadata": {
                    "slot": publication.number,
                    "proof_available_time": publication.time,
                    "prev_publish_time": publication.previous,
                },
            })
        })
        .collect();
    Json(json!({ "binary": { "encoding": "hex", "data": [] }, "parsed": parsed })).into_response()
}
