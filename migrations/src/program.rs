//! The program through the upgradeable loader: a buffer, its bytes in pieces, and the deployment of it.
//!
//! The buffer's address follows from the payer and the code, so that a run that was interrupted finds it
//! again without having kept anything, and what it has already is not sent again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use anchor_lang::solana_program::bpf_loader_upgradeable as loader;
use anyhow::{bail, ensure, Context, Result};
use sha2::{Digest, Sha256};
use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_keypair::Keypair;
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_rpc_client_api::request::RpcRequest;
use solana_signer::Signer;
use solana_system_interface::instruction::create_account_with_seed;
use solana_transaction::Transaction;

use crate::chain::{sol, Chain};

/// Bytes before the code in a buffer: state, authority.
const BUFFER_HEAD: usize = 37;
/// Bytes before the code in program data: state, slot, authority.
const DATA_HEAD: usize = 45;
/// Bytes of a program account: state, address of its data.
const PROGRAM_BYTES: usize = 36;
/// Code bytes of one write: with a price for compute units a packet has room for 960.
const CHUNK: usize = 940;
/// What a write takes, and a little.
const WRITE_UNITS: u32 = 5_000;
/// Chunks between two looks at the buffer, for each that is sent at once.
const BATCH: usize = 20;
/// How long nothing may arrive before what is missing is sent again.
const QUIET: Duration = Duration::from_secs(8);
/// Rounds in which not one chunk arrives.
const ROUNDS: u32 = 4;
/// Lamports of one signature.
const SIGNATURE: u64 = 5_000;

/// What stands at the program's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// Nothing.
    Nothing,
    /// A program.
    Code {
        /// Its bytes, as many as there is room for.
        bytes: Vec<u8>,
        /// Who may replace it.
        authority: Option<Address>,
    },
}

/// SHA-256 in hexadecimal.
pub fn hash_of(code: &[u8]) -> String {
    hex::encode(Sha256::digest(code))
}

/// What is deployed.
///
/// # Errors
/// The cluster does not answer; the address holds no program of the upgradeable loader.
pub fn deployed(chain: &Chain) -> Result<Deployed> {
    let Some(program) = chain.account(&plimsoll::ID)? else {
        return Ok(Deployed::Nothing);
    };
    ensure!(
        program.owner == loader::ID && program.executable,
        "expected a program of the upgradeable loader at {}, found an account of {}",
        plimsoll::ID,
        program.owner
    );
    let key = loader::get_program_data_address(&plimsoll::ID);
    let data = chain.account(&key)?;
    let data = data.with_context(|| format!("expected program data at {key}, found nothing"))?;
    let head = data
        .data
        .get(..DATA_HEAD)
        .context("program data without a head")?;
    let authority = (head.get(12) == Some(&1))
        .then(|| key_at(head, 13))
        .flatten();
    let bytes = data.data.get(DATA_HEAD..).unwrap_or_default().to_vec();
    Ok(Deployed::Code { bytes, authority })
}

fn key_at(bytes: &[u8], at: usize) -> Option<Address> {
    let key = bytes.get(at..at.checked_add(32)?)?;
    Some(Address::new_from_array(key.try_into().ok()?))
}

/// Whether what is deployed is this code, followed by nothing.
pub fn is_code(bytes: &[u8], code: &[u8]) -> bool {
    let tail = bytes.strip_prefix(code);
    tail.is_some_and(|tail| tail.iter().all(|byte| *byte == 0))
}

/// Seed of the buffer for some code: as long as one may be.
fn seed_of(code: &[u8]) -> String {
    hash_of(code).chars().take(32).collect()
}

/// The payer's buffer for some code.
///
/// # Errors
/// None: the seed is short enough.
pub fn buffer_key(payer: &Address, code: &[u8]) -> Result<Address> {
    Address::create_with_seed(payer, &seed_of(code), &loader::ID).context("address of the buffer")
}

/// Code in the payer's buffer, if there is one.
fn buffered(chain: &Chain, key: &Address) -> Result<Option<Vec<u8>>> {
    let Some(account) = chain.account(key)? else {
        return Ok(None);
    };
    let authority = key_at(&account.data, 5);
    ensure!(
        account.owner == loader::ID && authority == Some(chain.authority()),
        "expected a buffer of {} at {key}, found another account",
        chain.authority()
    );
    let code = account.data.get(BUFFER_HEAD..);
    Ok(Some(code.unwrap_or_default().to_vec()))
}

/// Offsets of the chunks that a buffer does not hold yet.
fn missing(buffer: &[u8], code: &[u8]) -> Vec<usize> {
    let offsets = (0..code.len()).step_by(CHUNK);
    let differs = |at: &usize| {
        let end = at.saturating_add(CHUNK).min(code.len());
        buffer.get(*at..end) != code.get(*at..end)
    };
    offsets.filter(differs).collect()
}

/// Writes the code into the payer's buffer, whatever of it is there already, and deploys it at the key of
/// `program`.
///
/// # Errors
/// Not enough SOL, a cluster that takes nothing, other bytes than were sent.
pub fn deploy(chain: &Chain, program: &Keypair, code: &[u8], parallel: usize) -> Result<()> {
    let payer = chain.authority();
    let key = buffer_key(&payer, code)?;
    require_lamports(chain, &key, code)?;
    fill(chain, &key, code, parallel)?;
    #[allow(deprecated, reason = "the loader that every cluster has")]
    let deploy = loader::deploy_with_max_program_len(
        &payer,
        &program.pubkey(),
        &key,
        &payer,
        chain.rent(PROGRAM_BYTES)?,
        code.len(),
    );
    chain
        .send(&deploy.context("the loader's instruction")?, &[program])
        .context("deploying the buffer")?;
    verify(chain, code)
}

/// Replaces the program's code by that of the payer's buffer, as the upgrade authority.
///
/// # Errors
/// As [`deploy`]; longer code than there is room for.
pub fn upgrade(chain: &Chain, room: usize, code: &[u8], parallel: usize) -> Result<()> {
    ensure!(
        code.len() <= room,
        "expected at most {room} bytes of code, found {}: make room with `solana program extend {} {}` first",
        code.len(),
        plimsoll::ID,
        code.len().saturating_sub(room)
    );
    let payer = chain.authority();
    let key = buffer_key(&payer, code)?;
    require_lamports(chain, &key, code)?;
    fill(chain, &key, code, parallel)?;
    let upgrade = loader::upgrade(&plimsoll::ID, &key, &payer, &payer);
    chain.send(&[upgrade], &[]).context("replacing the code")?;
    verify(chain, code)
}

fn verify(chain: &Chain, code: &[u8]) -> Result<()> {
    let Deployed::Code { bytes, .. } = deployed(chain)? else {
        bail!("expected a program at {}, found nothing", plimsoll::ID);
    };
    ensure!(
        is_code(&bytes, code),
        "expected the deployed code to be sha256 {}, found {}",
        hash_of(code),
        hash_of(bytes.get(..code.len()).unwrap_or(&bytes))
    );
    wait_for_next_slot(chain)
}

/// Code can be called from the slot after its deployment on.
fn wait_for_next_slot(chain: &Chain) -> Result<()> {
    let slot = chain.rpc.get_slot().context("getSlot")?;
    while chain.rpc.get_slot().context("getSlot")? <= slot.saturating_add(1) {
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The loader gives back what the buffer holds before the program's data is paid for.
fn require_lamports(chain: &Chain, buffer: &Address, code: &[u8]) -> Result<()> {
    let held = buffered(chain, buffer)?;
    let chunks = missing(held.as_deref().unwrap_or_default(), code).len() as u64;
    let priority = chain.priority_fee.saturating_mul(u64::from(WRITE_UNITS)) / 1_000_000;
    let fees = chunks.saturating_mul(SIGNATURE.saturating_add(priority));
    let data = chain.rent(DATA_HEAD.saturating_add(code.len()))?;
    let rent = match held {
        Some(_) => data.saturating_sub(chain.rent(BUFFER_HEAD.saturating_add(code.len()))?),
        None => data,
    };
    let rest = chain.rent(PROGRAM_BYTES)?.saturating_add(10_000_000);
    let needed = rent.saturating_add(fees).saturating_add(rest);
    chain.require_lamports(needed, "the program's code")
}

fn fill(chain: &Chain, key: &Address, code: &[u8], parallel: usize) -> Result<()> {
    if buffered(chain, key)?.is_none() {
        create(chain, key, code)?;
        println!("      buffer {key}");
    } else {
        println!("      buffer {key}, begun before");
    }
    let chunks = code.len().div_ceil(CHUNK);
    let (mut stuck, mut before) = (0, usize::MAX);
    loop {
        let held = buffered(chain, key)?.unwrap_or_default();
        let left = missing(&held, code);
        println!(
            "      {} of {chunks} chunks",
            chunks.saturating_sub(left.len())
        );
        if left.is_empty() {
            return Ok(());
        }
        stuck = if left.len() < before { 0 } else { stuck + 1 };
        before = left.len();
        let batch = left.chunks(BATCH.saturating_mul(parallel.max(1))).next();
        let batch = batch.unwrap_or_default();
        let error = write(chain, key, code, batch, parallel)?;
        arrive(chain, key, code, batch)?;
        ensure!(
            stuck < ROUNDS,
            "expected the cluster to take what is written, {} chunks are missing after {ROUNDS} more rounds: \
             {}; a --priority-fee may help, and a new run goes on from here",
            left.len(),
            error.unwrap_or_else(|| "it says no reason".into())
        );
    }
}

fn create(chain: &Chain, key: &Address, code: &[u8]) -> Result<()> {
    let (payer, bytes) = (chain.authority(), BUFFER_HEAD.saturating_add(code.len()));
    let lamports = chain.rent(bytes)?;
    let seed = seed_of(code);
    let create = create_account_with_seed(
        &payer,
        key,
        &payer,
        &seed,
        lamports,
        bytes as u64,
        &loader::ID,
    );
    let both = loader::create_buffer(&payer, key, &payer, lamports, code.len());
    let initialize = both.context("the loader's instruction")?.pop();
    let initialize = initialize.context("the loader initializes a buffer")?;
    chain
        .send(&[create, initialize], &[])
        .context("creating the buffer")
}

/// Puts code into the payer's buffer at once, on a node that lets accounts be set.
///
/// The local node takes up to half a second for every write to an account of this size, one after the other
/// however many are sent at once: twenty minutes for the whole code.
///
/// # Errors
/// The cluster does not let accounts be set.
pub fn preload(chain: &Chain, key: &Address, code: &[u8]) -> Result<()> {
    let head = [&[1, 0, 0, 0, 1], chain.authority().as_ref()].concat();
    let data = hex::encode([&head, code].concat());
    let account = serde_json::json!({
        "lamports": chain.rent(BUFFER_HEAD.saturating_add(code.len()))?,
        "data": data,
        "owner": loader::ID.to_string(),
    });
    let method = "surfnet_setAccount";
    let asked = chain.rpc.send::<serde_json::Value>(
        RpcRequest::Custom { method },
        serde_json::json!([key.to_string(), account]),
    );
    asked.context("expected a node that lets accounts be set")?;
    Ok(())
}

/// Sends chunks; the last error of sending, if any.
fn write(
    chain: &Chain,
    key: &Address,
    code: &[u8],
    offsets: &[usize],
    parallel: usize,
) -> Result<Option<String>> {
    let blockhash = chain
        .rpc
        .get_latest_blockhash()
        .context("getLatestBlockhash")?;
    let (next, error) = (AtomicUsize::new(0), Mutex::new(None));
    // Each is checked by reading the buffer: a simulation before would only double the work.
    let config = RpcSendTransactionConfig {
        skip_preflight: true,
        ..Default::default()
    };
    scope(|threads| {
        for _ in 0..parallel.max(1) {
            threads.spawn(|| {
                while let Some(at) = offsets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let transaction = chunk(chain, key, code, *at, blockhash);
                    let sent = chain.rpc.send_transaction_with_config(&transaction, config);
                    if let (Err(why), Ok(mut error)) = (sent, error.lock()) {
                        *error = Some(why.to_string());
                    }
                }
            });
        }
    });
    Ok(error.into_inner().unwrap_or_default())
}

fn chunk(chain: &Chain, key: &Address, code: &[u8], at: usize, blockhash: Hash) -> Transaction {
    let payer = chain.authority();
    let end = at.saturating_add(CHUNK).min(code.len());
    let bytes = code.get(at..end).unwrap_or_default().to_vec();
    // No program is longer than 10 MiB.
    let offset = u32::try_from(at).unwrap_or(u32::MAX);
    let mut instructions = vec![loader::write(key, &payer, offset, bytes)];
    if chain.priority_fee > 0 {
        let price = ComputeBudgetInstruction::set_compute_unit_price(chain.priority_fee);
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(WRITE_UNITS);
        instructions.extend([price, limit]);
    }
    Transaction::new_signed_with_payer(&instructions, Some(&payer), &[&chain.payer], blockhash)
}

/// Waits until every chunk at `offsets` is there, or nothing more arrives.
fn arrive(chain: &Chain, key: &Address, code: &[u8], offsets: &[usize]) -> Result<()> {
    let (mut least, mut since) = (usize::MAX, Instant::now());
    while since.elapsed() < QUIET {
        let held = buffered(chain, key)?.unwrap_or_default();
        let left = missing(&held, code);
        let of_these = left.iter().filter(|at| offsets.binary_search(at).is_ok());
        let left = of_these.count();
        if left == 0 {
            return Ok(());
        }
        if left < least {
            (least, since) = (left, Instant::now());
        }
        sleep(Duration::from_millis(300));
    }
    Ok(())
}

/// A sentence about what deploying would cost.
///
/// # Errors
/// The cluster does not answer.
pub fn cost(chain: &Chain, code: &[u8]) -> Result<String> {
    let rent = chain.rent(DATA_HEAD.saturating_add(code.len()))?;
    Ok(format!("{} SOL of rent", sol(rent)))
}

#[cfg(test)]
mod tests {
    use super::{is_code, missing, CHUNK};

    #[test]
    fn only_chunks_that_differ_are_sent() {
        let code: Vec<u8> = (0..CHUNK * 3 + 5).map(|at| (at % 251) as u8 + 1).collect();
        let mut buffer = vec![0; code.len()];
        assert_eq!(missing(&buffer, &code), [0, CHUNK, 2 * CHUNK, 3 * CHUNK]);
        buffer[CHUNK..2 * CHUNK].copy_from_slice(&code[CHUNK..2 * CHUNK]);
        assert_eq!(missing(&buffer, &code), [0, 2 * CHUNK, 3 * CHUNK]);
        assert!(missing(&code, &code).is_empty());
        assert_eq!(missing(&[], &code).len(), 4);
    }

    #[test]
    fn code_may_be_followed_by_zeros_only() {
        assert!(is_code(&[1, 2, 0, 0], &[1, 2]));
        assert!(!is_code(&[1, 2, 3], &[1, 2]));
        assert!(!is_code(&[1], &[1, 2]));
    }
}
