//! SOL in and out as a client moves it: lamports become tokens and tokens lamports within the
//! transaction of the deposit or withdrawal, and no token account is left behind.

use crate::accounts::call;
use crate::actor::Actor;
use crate::amounts::Amount;
use crate::chain::Chain;
use crate::world::wallet;
use anchor_spl::associated_token::spl_associated_token_account::instruction as associated;
use anchor_spl::token::spl_token::instruction as spl;
use anchor_spl::token::ID as TOKEN_PROGRAM;
use plimsoll::instruction as ix;
use solana_instruction::Instruction;
use solana_signer::Signer;

impl<C: Chain> Actor<'_, C> {
    /// Deposits lamports of his wallet; his account is opened where needed.
    pub fn wraps_and_deposits(self, amount: Amount) -> Self {
        let mut actor = self.has_account();
        let Amount { slot, atoms } = amount;
        let (owner, tokens) = actor.wrapped(slot);
        let accounts = actor.world.deposit_accounts(&actor.name, actor.id, slot);
        let deposit = [
            actor.opens_tokens(slot),
            solana_system_interface::instruction::transfer(&owner, &tokens, atoms),
            spl::sync_native(&TOKEN_PROGRAM, &tokens).expect("SPL Token"),
            call(accounts, ix::Deposit { amount: atoms }),
            spl::close_account(&TOKEN_PROGRAM, &tokens, &owner, &owner, &[]).expect("SPL Token"),
        ];
        actor.does(&deposit)
    }

    /// Withdraws, and has lamports in his wallet.
    pub fn withdraws_and_unwraps(mut self, amount: Amount) -> Self {
        let Amount { slot, atoms } = amount;
        let (owner, tokens) = self.wrapped(slot);
        let accounts = self.world.withdraw_accounts(&self.name, self.id, slot);
        let args = ix::Withdraw {
            amount: atoms,
            borrow: false,
        };
        let withdraw = [
            self.opens_tokens(slot),
            call(accounts, args),
            spl::close_account(&TOKEN_PROGRAM, &tokens, &owner, &owner, &[]).expect("SPL Token"),
        ];
        self.does(&withdraw)
    }

    /// His wallet, and his token account that exists within a transaction only.
    fn wrapped(&mut self, slot: u8) -> (solana_address::Address, solana_address::Address) {
        let tokens = self.world.token_key(&self.name, slot);
        self.world.token_accounts.insert(tokens);
        (wallet(&self.name).pubkey(), tokens)
    }

    fn opens_tokens(&self, slot: u8) -> Instruction {
        let (owner, mint) = (wallet(&self.name).pubkey(), self.world.asset(slot).mint);
        associated::create_associated_token_account_idempotent(
            &owner,
            &owner,
            &mint,
            &TOKEN_PROGRAM,
        )
    }
}
