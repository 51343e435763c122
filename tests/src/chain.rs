//! One chain, two machines: [`LiteChain`] (LiteSVM, fast) and [`BankChain`] (solana-program-test,
//! the runtime's own bank). Both run the real binary with mainnet's features.

mod bank;
mod lite;

pub use bank::BankChain;
pub use lite::LiteChain;

use crate::logs::events_of;
use anchor_lang::{AnchorDeserialize, Discriminator};
use solana_account::Account;
use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::{InstructionError, Transaction, TransactionError};
use std::path::{Path, PathBuf};

/// Most compute units a transaction may ask for.
pub const COMPUTE_LIMIT: u32 = 1_400_000;
/// What the instruction that asks for them costs itself; not in [`Receipt::compute_units`].
const COMPUTE_BUDGET_UNITS: u64 = 150;

/// A machine that runs transactions, synchronously.
pub trait Chain {
    /// Runs a transaction of `instructions`, paid by `payer` and signed by him and those of `signers`
    /// it needs. May be repeated with the same arguments.
    fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        payer: &Keypair,
    ) -> Result<Receipt, Failure>;
    /// The account at `key`; nothing where there are no lamports.
    fn account(&self, key: &Address) -> Option<Account>;
    /// Writes an account, whatever was there.
    fn set_account(&mut self, key: Address, account: Account);
    /// Unix seconds of the clock.
    fn now(&self) -> i64;
    /// Sets the clock.
    fn set_clock(&mut self, unix_timestamp: i64);
    /// Goes on to the next slot, in which what was deployed in this one can be called; the time stays.
    fn next_slot(&mut self);
    /// Epoch of the clock.
    fn epoch(&self) -> u64;
    /// Sets the epoch of the clock.
    fn set_epoch(&mut self, epoch: u64);
    /// Lamports with which `bytes` are exempt from rent.
    fn rent(&self, bytes: usize) -> u64;
    /// Gives lamports.
    fn airdrop(&mut self, key: &Address, lamports: u64) {
        let mut account = self.account(key).unwrap_or_default();
        account.lamports += lamports;
        self.set_account(*key, account);
    }
}

/// What a transaction that succeeded did.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Compute units, without the 150 of the instruction that asks for the limit.
    pub compute_units: u64,
    /// Log lines.
    pub logs: Vec<String>,
    /// Return data of the last instruction that set any.
    pub return_data: Vec<u8>,
    /// The program that set it.
    pub returned_by: Address,
    /// Bytes of the transaction with its signatures.
    pub bytes: usize,
    /// Accounts it locks, programs included.
    pub accounts: usize,
}

impl Receipt {
    /// The program's events of one type, in order.
    pub fn events<E: AnchorDeserialize + Discriminator>(&self) -> Vec<E> {
        events_of(&plimsoll::ID, &self.logs)
    }

    /// The only event of one type.
    pub fn event<E: AnchorDeserialize + Discriminator>(&self) -> E {
        let mut events = self.events::<E>();
        assert_eq!(
            events.len(),
            1,
            "one event of this type expected in {:#?}",
            self.logs
        );
        events.remove(0)
    }
}

/// Why a transaction failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Custom error code of the program, if it was one.
    pub code: Option<u32>,
    /// Which of the instructions given failed.
    pub instruction: Option<u8>,
    /// The runtime's error.
    pub error: TransactionError,
    /// Log lines.
    pub logs: Vec<String>,
}

impl Failure {
    /// Takes the code out of the runtime's error, which counts the instruction for the compute limit.
    pub fn new(error: TransactionError, logs: Vec<String>) -> Self {
        let (instruction, code) = match &error {
            TransactionError::InstructionError(index, InstructionError::Custom(code)) => {
                (index.checked_sub(1), Some(*code))
            }
            TransactionError::InstructionError(index, _) => (index.checked_sub(1), None),
            _ => (None, None),
        };
        Self {
            code,
            instruction,
            error,
            logs,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}\n  {}", self.error, self.logs.join("\n  "))
    }
}

/// Where the binary is: `PLIMSOLL_SO`, otherwise `target/deploy/plimsoll.so` of the workspace.
pub fn program_path() -> PathBuf {
    std::env::var_os("PLIMSOLL_SO").map_or_else(|| deployed("plimsoll.so"), PathBuf::from)
}

/// The binary.
pub fn program_bytes() -> Vec<u8> {
    let advice = "Build it with `cargo xtask build`, or name one in PLIMSOLL_SO.";
    binary(&program_path(), advice)
}

/// The binary of the swap program that tests trade at.
fn venue_bytes() -> Vec<u8> {
    let advice = "Build it with `cargo xtask build --package plimsoll-venue`.";
    binary(&deployed("plimsoll_venue.so"), advice)
}

fn deployed(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy")).join(name)
}

fn binary(path: &Path, advice: &str) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| {
        panic!("no program binary at {}: {error}. {advice}", path.display())
    })
}

/// A signed transaction and what it takes up. `nonce` makes it unlike every other one: it is taken
/// off the compute limit, which no result depends on.
fn assemble(
    instructions: &[Instruction],
    signers: &[&Keypair],
    payer: &Keypair,
    nonce: u32,
    blockhash: Hash,
) -> (Transaction, usize, usize) {
    let limit = COMPUTE_LIMIT - nonce % 200_000;
    // First: the return data of a transaction is that of its last instruction.
    let mut all = vec![ComputeBudgetInstruction::set_compute_unit_limit(limit)];
    all.extend_from_slice(instructions);
    let message = Message::new(&all, Some(&payer.pubkey()));
    let required = usize::from(message.header.num_required_signatures);
    let needed = &message.account_keys[..required];
    let mut keys: Vec<&Keypair> = vec![payer];
    for signer in signers {
        let key = signer.pubkey();
        if needed.contains(&key) && keys.iter().all(|known| known.pubkey() != key) {
            keys.push(signer);
        }
    }
    let bytes = 1 + 64 * required + message_bytes(&message);
    let accounts = message.account_keys.len();
    (Transaction::new(&keys, message, blockhash), bytes, accounts)
}

/// Bytes of a legacy message: header, keys, blockhash, instructions.
fn message_bytes(message: &Message) -> usize {
    let length = |count: usize| if count < 128 { 1 } else { 2 };
    let instructions: usize = message
        .instructions
        .iter()
        .map(|each| {
            1 + length(each.accounts.len())
                + each.accounts.len()
                + length(each.data.len())
                + each.data.len()
        })
        .sum();
    3 + length(message.account_keys.len())
        + 32 * message.account_keys.len()
        + 32
        + length(message.instructions.len())
        + instructions
}
