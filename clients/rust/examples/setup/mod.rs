//! What every example begins with: who signs, which node, which exchange; and how it sends.
// Each example uses a part of it.
#![allow(dead_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anchor_lang::Discriminator;
use anyhow::{bail, ensure, Context, Result};
use clap::Parser;
use plimsoll::state::{Bank, MarginAccount, RiskBook};
use plimsoll_client::refusal::refusal;
use plimsoll_client::{address, decode, Venue};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_keypair::{read_keypair_file, Keypair};
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;

/// Most micro-lamports for a compute unit.
const MOST_PRICE: u64 = 50_000;
/// Most compute units of a transaction.
const MOST_UNITS: u32 = 1_400_000;

/// Where and who.
#[derive(Parser)]
struct Options {
    /// The cluster's JSON-RPC.
    #[arg(long, default_value = "http://127.0.0.1:8899")]
    url: String,
    /// A key as solana-keygen writes it.
    #[arg(long)]
    key: PathBuf,
    /// The exchange's risk book.
    #[arg(long)]
    book: Address,
    /// Number of the margin account.
    #[arg(long, default_value_t = 0)]
    id: u16,
    /// How much of what is possible is opened.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=100))]
    percent: u64,
}

/// A cluster, an exchange on it, and who trades there.
pub struct Setup {
    pub rpc: RpcClient,
    pub owner: Keypair,
    pub id: u16,
    pub percent: u64,
    pub venue: Venue,
}

impl Setup {
    /// From the command line.
    pub fn read() -> Result<Self> {
        let options = Options::parse();
        let owner = read_keypair_file(&options.key).map_err(|error| {
            let file = options.key.display();
            anyhow::anyhow!("expected a key in {file}: {error}")
        })?;
        let url = &options.url;
        let rpc = RpcClient::new_with_commitment(url.clone(), CommitmentConfig::confirmed());
        rpc.get_version()
            .with_context(|| format!("expected a node at {url}"))?;
        let data = rpc.get_account_data(&options.book);
        let data = data.with_context(|| format!("expected a risk book at {}", options.book))?;
        let book = decode::<RiskBook>(&data)?;
        let token_of = |bank: &Address| {
            let bank = decode::<Bank>(&rpc.get_account_data(bank).ok()?).ok()?;
            let mint = rpc.get_account(&bank.mint).ok()?;
            Some((bank.mint, mint.owner))
        };
        let venue = Venue::of(options.book, &book, token_of);
        Ok(Self {
            rpc,
            owner,
            id: options.id,
            percent: options.percent,
            venue,
        })
    }

    pub fn owner(&self) -> Address {
        self.owner.pubkey()
    }

    /// The margin account's address.
    pub fn account_key(&self) -> Address {
        self.venue.margin_account(&self.owner(), self.id)
    }

    pub fn book(&self) -> Result<Box<RiskBook>> {
        Ok(decode(&self.rpc.get_account_data(&self.venue.book)?)?)
    }

    pub fn account(&self, key: &Address) -> Result<Box<MarginAccount>> {
        let data = self.rpc.get_account_data(key);
        let data = data.with_context(|| format!("expected a margin account at {key}"))?;
        Ok(decode(&data)?)
    }

    /// Bytes of any account, if it exists.
    pub fn exists(&self, key: &Address) -> Result<bool> {
        let commitment = CommitmentConfig::confirmed();
        let response = self.rpc.get_account_with_commitment(key, commitment)?;
        Ok(response.value.is_some())
    }

    /// The cluster's time, unix seconds.
    pub fn now(&self) -> Result<i64> {
        Ok(self.rpc.get_block_time(self.rpc.get_slot()?)?)
    }

    /// Opens the margin account if it is not there.
    pub fn ensure_account(&self) -> Result<()> {
        if !self.exists(&self.account_key())? {
            let open = self.venue.open_account(self.owner(), self.owner(), self.id);
            self.send(&[open])?;
            println!("opened margin account {}", self.account_key());
        }
        Ok(())
    }

    /// The slot of the first market.
    pub fn first_market(&self) -> Result<u8> {
        let mut listings = self.venue.listings.iter();
        let listing = listings.find(|listing| listing.market.is_some());
        Ok(listing
            .context("expected a market, the exchange has none")?
            .slot)
    }

    /// Margin accounts of the exchange that somebody else owns.
    pub fn others(&self) -> Result<Vec<(Address, Box<MarginAccount>)>> {
        let accounts = self.rpc.get_program_ui_accounts_with_config(
            &plimsoll::ID,
            solana_rpc_client_api::config::RpcProgramAccountsConfig {
                filters: Some(vec![solana_rpc_client_api::filter::RpcFilterType::Memcmp(
                    solana_rpc_client_api::filter::Memcmp::new_raw_bytes(
                        0,
                        MarginAccount::DISCRIMINATOR.to_vec(),
                    ),
                )]),
                account_config: solana_rpc_client_api::config::RpcAccountInfoConfig {
                    encoding: Some(solana_account_decoder_client_types::UiAccountEncoding::Base64),
                    ..Default::default()
                },
                ..Default::default()
            },
        )?;
        let decoded = accounts.into_iter().filter_map(|(key, account)| {
            let account = decode::<MarginAccount>(&account.data.decode()?).ok()?;
            (account.book == self.venue.book && key != self.account_key()).then_some((key, account))
        });
        Ok(decoded.collect())
    }

    /// Simulates, sets compute limit and priority fee, sends, and waits for the confirmation.
    pub fn send(&self, instructions: &[Instruction]) -> Result<()> {
        let trial = self.transaction(instructions, MOST_UNITS, 0)?;
        let simulated = self.rpc.simulate_transaction(&trial)?.value;
        if let Some(error) = simulated.err {
            bail!(in_words(&error.into()));
        }
        // A tenth more: prices and indices move until it lands.
        let used = simulated.units_consumed.unwrap_or(MOST_UNITS.into());
        let units = u32::try_from(used + used / 10 + 1_000)?.min(MOST_UNITS);
        let written = instructions.iter().flat_map(|it| &it.accounts);
        let written = written
            .filter(|meta| meta.is_writable)
            .map(|meta| meta.pubkey);
        let fees = self
            .rpc
            .get_recent_prioritization_fees(&written.collect::<Vec<_>>())?;
        let mut fees: Vec<u64> = fees.iter().map(|fee| fee.prioritization_fee).collect();
        fees.sort_unstable();
        let price = fees.get(fees.len() * 3 / 4).copied().unwrap_or(0);
        let transaction = self.transaction(instructions, units, price.min(MOST_PRICE))?;
        match self.rpc.send_and_confirm_transaction(&transaction) {
            Ok(_) => Ok(()),
            Err(error) => match error.get_transaction_error() {
                Some(error) => bail!(in_words(&error)),
                None => Err(error.into()),
            },
        }
    }

    fn transaction(&self, what: &[Instruction], units: u32, price: u64) -> Result<Transaction> {
        let mut all = vec![
            ComputeBudgetInstruction::set_compute_unit_limit(units),
            ComputeBudgetInstruction::set_compute_unit_price(price),
        ];
        all.extend_from_slice(what);
        let hash = self.rpc.get_latest_blockhash()?;
        let payer = self.owner();
        Ok(Transaction::new_signed_with_payer(
            &all,
            Some(&payer),
            &[&self.owner],
            hash,
        ))
    }

    /// Waits until a keeper has ended an order or a request.
    pub fn ended(&self, key: &Address, patience: Duration) -> Result<()> {
        let began = Instant::now();
        while self.exists(key)? {
            let waited = began.elapsed();
            ensure!(
                waited < patience,
                "{key} still stands after {waited:?}: is a keeper running?"
            );
            sleep(Duration::from_secs(1));
        }
        Ok(())
    }
}

/// Runs an example; a failure is one sentence and a code.
pub fn run(example: impl FnOnce(&Setup) -> Result<()>) -> ExitCode {
    match Setup::read().and_then(|setup| example(&setup)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// An error of a transaction, in the program's words where it is the program's.
fn in_words(error: &TransactionError) -> String {
    match error {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => {
            refusal(*code).map_or_else(|| error.to_string(), ToString::to_string)
        }
        _ => error.to_string(),
    }
}

/// A number for a new order or request: milliseconds of this machine.
pub fn fresh_id() -> Result<u64> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(u64::try_from(since.as_millis())?)
}

/// The account of the pool's shares.
pub fn shares_account(setup: &Setup) -> Address {
    address::token_account(&setup.owner(), &setup.venue.lp_mint, &address::TOKEN)
}
