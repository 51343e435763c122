//! The committed IDL, as far as the attacks need it.

use serde::Deserialize;

/// The IDL.
#[derive(Deserialize)]
pub struct Idl {
    /// Every instruction.
    pub instructions: Vec<Instruction>,
}

/// One instruction.
#[derive(Clone, Deserialize)]
pub struct Instruction {
    /// Its name.
    pub name: String,
    /// Its accounts in order.
    pub accounts: Vec<Named>,
}

/// One account of an instruction.
#[derive(Clone, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Whether it is written.
    #[serde(default)]
    pub writable: bool,
    /// Whether it signs.
    #[serde(default)]
    pub signer: bool,
    /// The only address it may have.
    pub address: Option<String>,
}

/// The IDL of the repository.
pub fn idl() -> Idl {
    let text = include_str!("../../../idl/plimsoll.json");
    serde_json::from_str(text).expect("the IDL is readable")
}
