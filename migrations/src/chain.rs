//! A cluster behind its JSON-RPC, and who pays there.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail, ensure, Context, Result};
use solana_account::Account;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;

use crate::params::Cluster;

/// Longest that a transaction is waited for: its blockhash has died by then.
const PATIENCE: Duration = Duration::from_secs(90);
/// No instruction of a set-up takes more.
const UNITS: u32 = 400_000;
/// Lamports in a SOL.
pub const SOL: u64 = 1_000_000_000;

/// A cluster and its payer.
pub struct Chain {
    /// The client.
    pub rpc: RpcClient,
    /// Who signs and pays: upgrade authority, creator and authority of the exchange.
    pub payer: Keypair,
    /// Priority fee, micro-lamports a compute unit.
    pub priority_fee: u64,
}

impl Chain {
    /// Behind a URL.
    ///
    /// # Errors
    /// Nobody answers there.
    pub fn new(url: &str, payer: Keypair, priority_fee: u64) -> Result<Self> {
        let rpc = RpcClient::new_with_commitment(url, CommitmentConfig::confirmed());
        let version = rpc.get_version();
        version.map_err(|error| {
            let why = error.to_string();
            let why = why.lines().next().unwrap_or_default();
            anyhow!("expected a cluster at {url}, nobody answers: {why}")
        })?;
        Ok(Self {
            rpc,
            payer,
            priority_fee,
        })
    }

    /// The payer's address.
    pub fn authority(&self) -> Address {
        self.payer.pubkey()
    }

    /// Which cluster this is, by its genesis; any that is not public counts as local.
    ///
    /// # Errors
    /// The cluster does not say.
    pub fn cluster(&self) -> Result<Cluster> {
        let genesis = self.rpc.get_genesis_hash().context("getGenesisHash")?;
        Ok(match genesis.to_string().as_str() {
            "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d" => Cluster::Mainnet,
            "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG" => Cluster::Devnet,
            "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY" => {
                bail!("expected localnet, devnet or mainnet, found the testnet of validators")
            }
            _ => Cluster::Localnet,
        })
    }

    /// An account, if it exists.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn account(&self, key: &Address) -> Result<Option<Account>> {
        let response = self
            .rpc
            .get_account_with_commitment(key, CommitmentConfig::confirmed());
        let response = response.with_context(|| format!("cannot read account {key}"))?;
        Ok(response.value.filter(|account| account.lamports > 0))
    }

    /// Lamports that so many bytes need to hold.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn rent(&self, bytes: usize) -> Result<u64> {
        let rent = self.rpc.get_minimum_balance_for_rent_exemption(bytes);
        rent.context("cannot ask for the rent")
    }

    /// Lamports of the payer.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn balance(&self) -> Result<u64> {
        let balance = self.rpc.get_balance(&self.authority());
        balance.context("cannot ask for the payer's balance")
    }

    /// Refuses where the payer has less.
    ///
    /// # Errors
    /// Names both amounts.
    pub fn require_lamports(&self, needed: u64, purpose: &str) -> Result<()> {
        let payer = self.authority();
        let found = self.balance()?;
        ensure!(
            found >= needed,
            "expected at least {} SOL in {payer} for {purpose}, found {}",
            sol(needed),
            sol(found)
        );
        Ok(())
    }

    /// Sends a transaction signed by the payer and others, and waits until it is confirmed.
    ///
    /// # Errors
    /// A refusal in the program's words, or no confirmation in time.
    pub fn send(&self, instructions: &[Instruction], others: &[&Keypair]) -> Result<()> {
        let transaction = self.signed(instructions, others)?;
        let signature = self
            .rpc
            .send_transaction(&transaction)
            .map_err(|error| refused(&error))?;
        let (started, mut pause) = (Instant::now(), Duration::from_millis(50));
        while started.elapsed() < PATIENCE {
            let status = self
                .rpc
                .get_signature_status_with_commitment(&signature, CommitmentConfig::confirmed());
            match status.context("getSignatureStatuses")? {
                Some(Ok(())) => return Ok(()),
                Some(Err(error)) => bail!(said(&error)),
                None => sleep(pause),
            }
            pause = (pause * 2).min(Duration::from_secs(2));
        }
        bail!(
            "expected transaction {signature} within {} s, found none: run again, it goes on where it stopped",
            PATIENCE.as_secs()
        )
    }

    /// A transaction as it is sent.
    ///
    /// # Errors
    /// The cluster gives no blockhash.
    pub fn signed(&self, instructions: &[Instruction], others: &[&Keypair]) -> Result<Transaction> {
        let mut all = vec![ComputeBudgetInstruction::set_compute_unit_limit(UNITS)];
        all.push(ComputeBudgetInstruction::set_compute_unit_price(
            self.priority_fee,
        ));
        all.extend_from_slice(instructions);
        let blockhash = self
            .rpc
            .get_latest_blockhash()
            .context("getLatestBlockhash")?;
        let mut signers = vec![&self.payer];
        signers.extend(others.iter().filter(|key| key.pubkey() != self.authority()));
        let payer = Some(&self.payer.pubkey());
        Ok(Transaction::new_signed_with_payer(
            &all, payer, &signers, blockhash,
        ))
    }
}

/// Lamports in SOL, two digits, rounded up.
pub fn sol(lamports: u64) -> String {
    let cents = lamports.div_ceil(SOL / 100);
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn refused(error: &ClientError) -> anyhow::Error {
    match error.get_transaction_error() {
        Some(error) => anyhow!(said(&error)),
        None => anyhow!("{error}"),
    }
}

fn said(error: &TransactionError) -> String {
    if let TransactionError::InstructionError(_, InstructionError::Custom(code)) = error {
        if let Some(refusal) = plimsoll_client::refusal::refusal(*code) {
            return format!("the program refuses: {refusal}");
        }
    }
    format!("the cluster refuses: {error}")
}
