//! Numbers that carry their reasons: `{"value": 5, "why": "…"}`.

use anyhow::{bail, Result};
use serde_json::{Map, Value};

/// The same without reasons, for whoever reads the numbers.
///
/// # Errors
/// The path of a number, or of a list of numbers, without a reason.
pub fn stripped(value: Value) -> Result<Value> {
    strip(value, "")
}

fn strip(value: Value, path: &str) -> Result<Value> {
    match value {
        Value::Object(mut object) if object.contains_key("value") => {
            let why = object.remove("why");
            let why = why.as_ref().and_then(Value::as_str).unwrap_or_default();
            if why.trim().is_empty() {
                bail!("expected a \"why\" beside the value of {path}, found none");
            }
            let value = object.remove("value").unwrap_or_default();
            if let Some(other) = object.keys().next() {
                bail!("expected value and why at {path}, found {other} too");
            }
            Ok(value)
        }
        Value::Object(object) => {
            let each = |(key, value): (String, Value)| {
                let inner = format!("{path}/{key}");
                Ok((key, strip(value, &inner)?))
            };
            let object: Result<Map<_, _>> = object.into_iter().map(each).collect();
            object.map(Value::Object)
        }
        Value::Array(list) => {
            let each = |(at, value): (usize, Value)| strip(value, &format!("{path}/{at}"));
            let list: Result<Vec<_>> = list.into_iter().enumerate().map(each).collect();
            list.map(Value::Array)
        }
        Value::Number(number) => bail!("expected a reason beside {number} at {path}, found none"),
        other => Ok(other),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::stripped;
    use serde_json::json;

    #[test]
    fn reasons_are_dropped_and_words_need_none() {
        let file = json!({"a": {"value": 5, "why": "five"}, "b": [{"c": "word"}], "d": {"value": [1, 2], "why": "two"}});
        let plain = json!({"a": 5, "b": [{"c": "word"}], "d": [1, 2]});
        assert_eq!(stripped(file).unwrap(), plain);
    }

    #[test]
    fn a_number_without_a_reason_is_refused_by_its_path() {
        for (file, path) in [
            (json!({"a": {"b": 5}}), "/a/b"),
            (json!({"a": [{"b": {"value": 5}}]}), "/a/0/b"),
            (json!({"a": {"value": 5, "why": " "}}), "/a"),
            (json!({"a": {"value": 5, "why": "x", "unit": "s"}}), "/a"),
        ] {
            let error = stripped(file).unwrap_err().to_string();
            assert!(error.contains(path), "{error}");
        }
    }
}
