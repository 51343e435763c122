//! solana-program-test: the runtime's own bank, for the case files.

use super::{assemble, program_bytes, venue_bytes, Chain, Failure, Receipt, COMPUTE_BUDGET_UNITS};
use agave_feature_set as feature;
use solana_account::{Account, AccountSharedData};
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program_test::{ProgramTest, ProgramTestContext};
use std::sync::Once;
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
        Self::of(vec![(plimsoll::ID, program_bytes())])
    }

    /// A fresh chain that has the venue, too.
    pub fn with_venue() -> Self {
        Self::of(vec![
            (plimsoll::ID, program_bytes()),
            (plimsoll_venue::ID, venue_bytes()),
        ])
    }

    fn of(programs: Vec<(Address, Vec<u8>)>) -> Self {
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
        // What `add_program` does with SBF_OUT_DIR and entry `None`, from a path of our own.
        for (id, data) in programs {
            let program = Account {
                lamports: 100_000_000_000,
                data,
                owner: solana_sdk_ids::bpf_loader::ID,
                executable: true,
                rent_epoch: 0,
            };
            test.add_account(id, program);
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
