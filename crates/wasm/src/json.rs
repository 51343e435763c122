//! JSON whose integers of 64 bits and more are text: readers of JSON take numbers for floating point.

use core::fmt::Display;
use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::Serializer;
use std::io::{Result, Write};

/// As JSON; nothing for a value that cannot be written, which no answer is.
pub fn write(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut out = Serializer::with_formatter(&mut bytes, WholeAsText);
    match value.serialize(&mut out) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

struct WholeAsText;

impl Formatter for WholeAsText {
    fn write_i64<W: ?Sized + Write>(&mut self, out: &mut W, value: i64) -> Result<()> {
        quoted(out, value)
    }

    fn write_u64<W: ?Sized + Write>(&mut self, out: &mut W, value: u64) -> Result<()> {
        quoted(out, value)
    }

    fn write_i128<W: ?Sized + Write>(&mut self, out: &mut W, value: i128) -> Result<()> {
        quoted(out, value)
    }

    fn write_u128<W: ?Sized + Write>(&mut self, out: &mut W, value: u128) -> Result<()> {
        quoted(out, value)
    }
}

fn quoted<W: ?Sized + Write>(out: &mut W, value: impl Display) -> Result<()> {
    write!(out, "\"{value}\"")
}
