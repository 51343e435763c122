//! The five 128-bit libcalls of the registry build route, run inside the virtual machine on more
//! than a million operand pairs, against the host's native operators.
//!
//! On the route of the platform tools the same test checks theirs.

use litesvm::LiteSVM;
use plimsoll_sbf_builtins_svm_test::pairs::EDGE_PAIRS;
use plimsoll_sbf_builtins_svm_test::{run, Batch, Operator};
use solana_address::Address;
use solana_compute_budget::compute_budget::ComputeBudget;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;
use std::path::Path;

const BATCH: u64 = 25_000;
const RANDOM_PAIRS_PER_OPERATOR: u64 = 200_000;
/// Far above any transaction's real limit: the test is about results, not about costs.
const COMPUTE_UNITS: u64 = 1 << 40;

struct Machine {
    svm: LiteSVM,
    payer: Keypair,
    program: Address,
}

impl Machine {
    fn new() -> Self {
        let budget = ComputeBudget {
            compute_unit_limit: COMPUTE_UNITS,
            ..ComputeBudget::new_with_defaults(false)
        };
        let mut svm = LiteSVM::new().with_compute_budget(budget);
        let payer = Keypair::new();
        svm.airdrop(&payer.pubkey(), 1_000_000_000)
            .expect("the payer is funded");
        let program = Address::new_unique();
        let binary = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../target/deploy/plimsoll_sbf_builtins_svm_test.so");
        svm.add_program_from_file(program, &binary)
            .unwrap_or_else(|error| {
                panic!(
                    "cannot load {} ({error}); build it with \
                 `cargo xtask build --package plimsoll-sbf-builtins-svm-test`",
                    binary.display()
                )
            });
        Self {
            svm,
            payer,
            program,
        }
    }

    /// Runs a batch in the virtual machine and compares its digest with the host's.
    fn check(&mut self, batch: Batch) {
        let instruction = Instruction::new_with_bytes(self.program, &batch.to_bytes(), vec![]);
        let message = Message::new(&[instruction], Some(&self.payer.pubkey()));
        let transaction = Transaction::new(&[&self.payer], message, self.svm.latest_blockhash());
        let done = self
            .svm
            .send_transaction(transaction)
            .unwrap_or_else(|failed| {
                panic!("{batch:?}: {:?}\n{:#?}", failed.err, failed.meta.logs)
            });
        let expected = run(batch).expect("the native operators agree with the digits");
        assert_eq!(done.return_data.data, expected.to_le_bytes(), "{batch:?}");
    }
}

#[test]
fn libcalls_agree_with_native_operators_on_edge_pairs() {
    let mut machine = Machine::new();
    for operator in Operator::ALL {
        machine.check(Batch {
            operator,
            edges: true,
            seed: 0,
            count: EDGE_PAIRS,
        });
    }
}

#[test]
fn libcalls_agree_with_native_operators_on_a_million_random_pairs() {
    let mut machine = Machine::new();
    for operator in Operator::ALL {
        for number in 0..RANDOM_PAIRS_PER_OPERATOR / BATCH {
            machine.check(Batch {
                operator,
                edges: false,
                seed: number,
                count: BATCH,
            });
        }
    }
}
