//! LiteSVM: for bulk, properties, the demonstration and benchmarks.

use super::{assemble, program_bytes, venue_bytes, Chain, Failure, Receipt, COMPUTE_BUDGET_UNITS};
use crate::code::deployed;
use litesvm::LiteSVM;
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

/// LiteSVM with mainnet's features and the program. A clone is a fork.
#[derive(Clone)]
pub struct LiteChain {
    svm: LiteSVM,
    sent: u32,
}

impl LiteChain {
    /// A fresh chain.
    pub fn new() -> Self {
        let mut chain = Self::bare();
        for (key, account) in deployed(&program_bytes(), |bytes| chain.rent(bytes)) {
            chain.set_account(key, account);
        }
        chain
    }

    /// A fresh chain without the program.
    pub fn bare() -> Self {
        let svm = LiteSVM::new().with_mainnet_features();
        Self { svm, sent: 0 }
    }

    /// A fresh chain that has the venue, too.
    pub fn with_venue() -> Self {
        let mut chain = Self::new();
        chain.add_venue();
        chain
    }

    /// Puts the venue there.
    pub fn add_venue(&mut self) {
        self.svm
            .add_program(plimsoll_venue::ID, &venue_bytes())
            .expect("the binary loads");
    }

    /// The machine, for what [`Chain`] does not offer.
    pub fn svm(&mut self) -> &mut LiteSVM {
        &mut self.svm
    }
}

impl Default for LiteChain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain for LiteChain {
    fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        payer: &Keypair,
    ) -> Result<Receipt, Failure> {
        self.svm.expire_blockhash();
        self.sent = self.sent.wrapping_add(1);
        let blockhash = self.svm.latest_blockhash();
        let (transaction, bytes, accounts) =
            assemble(instructions, signers, payer, self.sent, blockhash);
        match self.svm.send_transaction(transaction) {
            Ok(done) => Ok(Receipt {
                compute_units: done
                    .compute_units_consumed
                    .saturating_sub(COMPUTE_BUDGET_UNITS),
                logs: done.logs,
                return_data: done.return_data.data,
                returned_by: done.return_data.program_id,
                bytes,
                accounts,
            }),
            Err(failed) => Err(Failure::new(failed.err, failed.meta.logs)),
        }
    }

    fn account(&self, key: &Address) -> Option<Account> {
        self.svm
            .get_account(key)
            .filter(|account| account.lamports > 0)
    }

    fn set_account(&mut self, key: Address, account: Account) {
        self.svm
            .set_account(key, account)
            .expect("the account can be written");
    }

    fn now(&self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    fn set_clock(&mut self, unix_timestamp: i64) {
        let clock = Clock {
            unix_timestamp,
            ..self.svm.get_sysvar::<Clock>()
        };
        self.svm.set_sysvar(&clock);
    }

    fn next_slot(&mut self) {
        let slot = self.svm.get_sysvar::<Clock>().slot;
        self.svm.warp_to_slot(slot + 1);
    }

    fn epoch(&self) -> u64 {
        self.svm.get_sysvar::<Clock>().epoch
    }

    fn set_epoch(&mut self, epoch: u64) {
        let clock = Clock {
            epoch,
            ..self.svm.get_sysvar::<Clock>()
        };
        self.svm.set_sysvar(&clock);
    }

    fn rent(&self, bytes: usize) -> u64 {
        self.svm.minimum_balance_for_rent_exemption(bytes)
    }
}
