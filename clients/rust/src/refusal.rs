//! What an error code means, and what to do about it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

const IDL: &str = include_str!("../../../idl/plimsoll.json");
const HINTS: &str = include_str!("../../hints.json");

/// A refusal of the program in words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// The code.
    pub code: u32,
    /// Its name.
    pub name: String,
    /// What it says.
    #[serde(rename = "msg")]
    pub message: String,
    /// What to do about it; none where the message says it all.
    #[serde(skip)]
    pub hint: Option<String>,
}

#[derive(Deserialize)]
struct Idl {
    errors: Vec<Refusal>,
}

/// Every refusal of the program by its code.
pub fn refusals() -> &'static BTreeMap<u32, Refusal> {
    static ALL: OnceLock<BTreeMap<u32, Refusal>> = OnceLock::new();
    ALL.get_or_init(|| {
        // Both files are in the repository, and a test reads them: nothing here can fail later.
        let idl: Option<Idl> = serde_json::from_str(IDL).ok();
        let hints: BTreeMap<String, String> = serde_json::from_str(HINTS).unwrap_or_default();
        let errors = idl.map(|idl| idl.errors).unwrap_or_default();
        let with_hint = errors.into_iter().map(|refusal| {
            let hint = hints.get(&refusal.name).cloned();
            (refusal.code, Refusal { hint, ..refusal })
        });
        with_hint.collect()
    })
}

/// The code of an error of the program, if it has one.
pub fn code_of(error: &anchor_lang::error::Error) -> Option<u32> {
    match error {
        anchor_lang::error::Error::AnchorError(error) => Some(error.error_code_number),
        anchor_lang::error::Error::ProgramError(_) => None,
    }
}

/// What a custom error code of a transaction means, if the program knows it.
pub fn refusal(code: u32) -> Option<&'static Refusal> {
    refusals().get(&code)
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} ({}): {}", self.name, self.code, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, ". {hint}"),
            None => Ok(()),
        }
    }
}
