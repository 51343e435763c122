//! solana-program-test: the runtime's own bank, for the case files.

use super::{assemble, program_bytes, venue_bytes, Chain, Failure, Receipt, COMPUTE_BUDGET_UNITS};
use crate::code::deployed;
use agave_feature_set as feature;
use anchor_lang::prelude::Rent;
use solana_account::{Account, AccountSharedData};
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program_test::{ProgramTest, ProgramTestContext};
use std::sync::{mpsc, Once};
use tokio::runtime::{Builder, Runtime};

/// Features that solana-program-test turns on and mainnet has not.
const NOT_ON_MAINNET: [Address; 10] = [
    feature::raise_cpi_nesting_limit_to_8::ID,
    feature::increase_tx_account_lock_limit::ID,
    feature::account_data_direct_mapping::ID,
    feature::virtual_address_space_adjustments::ID,
    feature::direct_account_pointers_in_program_input::ID,
    feature::alpenglow::ID,
    feature::set_lamports_per_byte_to_2575::ID,
    feature::set_lamports_per_byte_to_1322::ID,
    feature::set_lamports_per_byte_to_696::ID,
    feature::set_lamports_per_byte_to_6960::ID,
];

/// solana-program-test tells every log line on stderr unless RUST_LOG says otherwise; failures carry
/// theirs.
static QUIET: Once = Once::new();

/// A bank with mainnet's features and the program, behind a synchronous face.
pub struct BankChain {
    // Dropped before the runtime its tasks run on.
    context: ProgramTestContext,
    runtime: Runtime,
    sent: u32,
}

impl BankChain {
    /// A fresh chain.
    pub fn new() -> Self {
        Self::of(with_program(Vec::new()))
    }

    /// A fresh chain without the program.
    pub fn bare() -> Self {
        Self::of(Vec::new())
    }

    /// A fresh chain that has the venue, too.
    pub fn with_venue() -> Self {
        // What `add_program` does with SBF_OUT_DIR and entry `None`, from a path of our own.
        let venue = Account {
            lamports: 100_000_000_000,
            data: venue_bytes(),
            owner: solana_sdk_ids::bpf_loader::ID,
            executable: true,
            rent_epoch: 0,
        };
        Self::of(with_program(vec![(plimsoll_venue::ID, venue)]))
    }

    fn of(accounts: Vec<(Address, Account)>) -> Self {
        QUIET.call_once(|| {
            if std::env::var_os("RUST_LOG").is_none() {
                std::env::set_var("RUST_LOG", "error");
            }
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let mut test = ProgramTest::default();
        for id in NOT_ON_MAINNET {
            test.deactivate_feature(id);
        }
        for (key, account) in accounts {
            test.add_account(key, account);
        }
        let context = runtime.block_on(test.start_with_context());
        Self {
            context,
            runtime,
            sent: 0,
        }
    }

    fn clock(&self) -> Clock {
        self.runtime
            .block_on(self.context.banks_client.get_sysvar::<Clock>())
            .expect("the clock")
    }
}

/// These accounts and the program, deployed as on mainnet.
fn with_program(mut accounts: Vec<(Address, Account)>) -> Vec<(Address, Account)> {
    let rent = |bytes| Rent::default().minimum_balance(bytes);
    accounts.extend(deployed(&program_bytes(), rent));
    accounts
}

impl Default for BankChain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain for BankChain {
    fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        payer: &Keypair,
    ) -> Result<Receipt, Failure> {
        self.sent = self.sent.wrapping_add(1);
        let client = &self.context.banks_client;
        let blockhash = self
            .runtime
            .block_on(client.get_latest_blockhash())
            .expect("a recent blockhash");
        let (transaction, bytes, accounts) =
            assemble(instructions, signers, payer, self.sent, blockhash);
        let done = self
            .runtime
            .block_on(client.process_transaction_with_metadata(transaction))
            .expect("the bank answers");
        let (logs, units, returned) = done.metadata.map_or_else(Default::default, |found| {
            let returned = found.return_data.unwrap_or_default();
            (found.log_messages, found.compute_units_consumed, returned)
        });
        match done.result {
            Ok(()) => Ok(Receipt {
                compute_units: units.saturating_sub(COMPUTE_BUDGET_UNITS),
                logs,
                return_data: returned.data,
                returned_by: returned.program_id,
                bytes,
                accounts,
            }),
            Err(error) => Err(Failure::new(error, logs)),
        }
    }

    fn account(&self, key: &Address) -> Option<Account> {
        self.runtime
            .block_on(self.context.banks_client.get_account(*key))
            .expect("the bank answers")
            .filter(|account| account.lamports > 0)
    }

    fn set_account(&mut self, key: Address, account: Account) {
        self.context
            .set_account(&key, &AccountSharedData::from(account));
    }

    fn now(&self) -> i64 {
        self.clock().unix_timestamp
    }

    fn set_clock(&mut self, unix_timestamp: i64) {
        let clock = Clock {
            unix_timestamp,
            ..self.clock()
        };
        self.context.set_sysvar(&clock);
    }

    fn next_slot(&mut self) {
        let clock = self.clock();
        // Otherwise the task that ticks could reach for the bank while it is being frozen.
        let (started, waits) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let worker = self.runtime.spawn(async move {
            started.send(()).expect("somebody waits");
            let _ = held.recv();
        });
        waits.recv().expect("the only worker is held");
        let warped = self.context.warp_to_slot(clock.slot + 1);
        drop(release);
        self.runtime.block_on(worker).expect("it was released");
        warped.expect("a later slot");
        self.set_clock(clock.unix_timestamp);
    }

    fn epoch(&self) -> u64 {
        self.clock().epoch
    }

    fn set_epoch(&mut self, epoch: u64) {
        let clock = Clock {
            epoch,
            ..self.clock()
        };
        self.context.set_sysvar(&clock);
    }

    fn rent(&self, bytes: usize) -> u64 {
        self.runtime
            .block_on(self.context.banks_client.get_rent())
            .expect("the rent")
            .minimum_balance(bytes)
    }
}
