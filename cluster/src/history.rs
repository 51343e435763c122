//! Candles of the tape, as Pyth's Benchmarks answer a TradingView chart.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::Json;
use plimsoll_crash::crash::{Asset, PRICE_SCALE};
use serde_json::{json, Value};

use crate::hermes::{value, Hermes};
use crate::tape::{Tape, ASSETS};

/// Where they are.
pub const PATH: &str = "/v1/shims/tradingview/history";

/// A candle, 1e-8 USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Candle {
    open: i64,
    high: i64,
    low: i64,
    close: i64,
}

/// What is asked for.
struct Wish {
    /// Place among the assets of the tape.
    place: usize,
    /// Seconds of a candle.
    length: i64,
    /// Unix seconds of the first candle and behind the last.
    from: i64,
    to: i64,
}

/// The answer to `?symbol=Crypto.SOL/USD&resolution=1&from=…&to=…`: a refusal is part of it, as charts want it.
pub(crate) async fn history(
    State(hermes): State<Hermes>,
    RawQuery(query): RawQuery,
) -> Json<Value> {
    Json(match wish(&query.unwrap_or_default()) {
        Ok(wish) => told(&hermes.tape(|tape| candles(tape, &wish))),
        Err(error) => json!({ "s": "error", "errmsg": error }),
    })
}

fn wish(query: &str) -> Result<Wish, String> {
    let text = |name: &str| value(query, name).ok_or(format!("expected {name}=…, found none"));
    let number = |name: &str| {
        let text = text(name)?;
        let number = text.parse::<i64>();
        number.map_err(|_| format!("expected unix seconds as {name}, found {text}"))
    };
    let symbol = text("symbol")?;
    let named = |asset: &Asset| symbol == format!("Crypto.{}/USD", asset.symbol());
    let place = ASSETS.iter().position(named);
    let resolution = text("resolution")?;
    let minutes = resolution.parse::<i64>().ok().filter(|it| *it >= 1);
    Ok(Wish {
        place: place.ok_or(format!(
            "expected a symbol as Crypto.SOL/USD, found {symbol}"
        ))?,
        length: minutes.and_then(|it| it.checked_mul(60)).ok_or(format!(
            "expected minutes as resolution, found {resolution}"
        ))?,
        from: number("from")?,
        to: number("to")?,
    })
}

/// By the unix second at which they begin.
fn candles(tape: &Tape, wish: &Wish) -> BTreeMap<i64, Candle> {
    let mut found = BTreeMap::new();
    for publication in tape.past() {
        let begin = publication.time - publication.time.rem_euclid(wish.length);
        if begin < wish.from || begin > wish.to {
            continue;
        }
        let Some(price) = publication.prints.get(wish.place).map(|it| it.price) else {
            continue;
        };
        let candle = found.entry(begin).or_insert(Candle {
            open: price,
            high: price,
            low: price,
            close: price,
        });
        candle.high = candle.high.max(price);
        candle.low = candle.low.min(price);
        candle.close = price;
    }
    found
}

fn told(candles: &BTreeMap<i64, Candle>) -> Value {
    let column = |read: fn(&Candle) -> i64| {
        let dollars = |candle| read(candle) as f64 / PRICE_SCALE as f64;
        candles.values().map(dollars).collect::<Vec<_>>()
    };
    json!({
        "s": if candles.is_empty() { "no_data" } else { "ok" },
        "t": candles.keys().collect::<Vec<_>>(),
        "o": column(|candle| candle.open),
        "h": column(|candle| candle.high),
        "l": column(|candle| candle.low),
        "c": column(|candle| candle.close),
        "v": vec![0; candles.len()],
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::{candles, told, wish};
    use crate::tape::Tape;

    const MINUTE: i64 = 60 * 29_833_333;

    #[test]
    fn a_candle_holds_the_prices_of_its_minute() {
        let mut tape = Tape::new(MINUTE - 30, 1, 1).unwrap();
        tape.advance(MINUTE + 89);
        let to = MINUTE + 60;
        let query = format!("symbol=Crypto.SOL/USD&resolution=1&from={MINUTE}&to={to}");
        let found = candles(&tape, &wish(&query).unwrap());
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [MINUTE, to]);
        let prices = |from: i64, length: i64| {
            let within = move |time: i64| (from..from + length).contains(&time);
            let past = tape.past().filter(move |each| within(each.time));
            past.map(|each| each.prints[1].price).collect::<Vec<_>>()
        };
        for (begin, length) in [(MINUTE, 60), (to, 30)] {
            let (candle, prices) = (found[&begin], prices(begin, length));
            assert_eq!(prices.len() as i64, length);
            assert_eq!(Some(&candle.open), prices.first());
            assert_eq!(Some(&candle.close), prices.last());
            assert_eq!(Some(&candle.high), prices.iter().max());
            assert_eq!(Some(&candle.low), prices.iter().min());
        }
        assert_eq!(told(&found)["s"], "ok");
    }

    #[test]
    fn before_the_tape_there_is_nothing() {
        let tape = Tape::new(MINUTE, 1, 1).unwrap();
        let query = "symbol=Crypto.SOL/USD&resolution=1&from=0&to=60";
        assert_eq!(told(&candles(&tape, &wish(query).unwrap()))["s"], "no_data");
    }

    #[test]
    fn a_question_without_sense_is_answered_with_what_was_expected() {
        for (query, expected) in [
            ("resolution=1&from=0&to=1", "symbol"),
            ("symbol=SOL&resolution=1&from=0&to=1", "Crypto.SOL/USD"),
            ("symbol=Crypto.SOL/USD&resolution=0&from=0&to=1", "minutes"),
            (
                "symbol=Crypto.SOL/USD&resolution=1&from=x&to=1",
                "unix seconds",
            ),
        ] {
            let error = wish(query).err().unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }
}
