//! Swaps: the two instructions of the program, and the venue between them.

use crate::accounts::{call, meta};
use crate::actor::Actor;
use crate::amounts::Amount;
use crate::chain::Chain;
use crate::world::{wallet, World};
use anchor_spl::associated_token::get_associated_token_address;
use anchor_spl::token::ID as TOKEN_PROGRAM;
use plimsoll::instruction as ix;
use plimsoll_venue::{authority, Request, ID as VENUE};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_signer::Signer;

impl<C: Chain> World<C> {
    /// Gives the venue a billion atoms times a billion of every token that has a bank. The chain must
    /// have been made with the venue.
    pub fn open_venue(&mut self) {
        let (owner, _) = authority();
        for asset in self.assets.clone() {
            if asset.has_bank {
                let key = self.venue_tokens(asset.slot);
                self.mint_to(key, asset.slot, &owner, 1_000_000_000_000_000_000);
            }
        }
    }

    /// The venue's token account of an asset.
    pub fn venue_tokens(&self, slot: u8) -> Address {
        get_associated_token_address(&authority().0, &self.asset(slot).mint)
    }

    /// `swap_begin` of account `id` of a wallet, into the wallet.
    pub fn begin_instruction(
        &self,
        name: &str,
        id: u16,
        amount: Amount,
        borrow: bool,
    ) -> Instruction {
        let accounts = self.swap_begin_accounts(name, id, amount.slot);
        let args = ix::SwapBegin {
            amount: amount.atoms,
            borrow,
        };
        call(accounts, args)
    }

    /// `swap_end` of account `id` of a wallet, with all of an asset that the wallet holds then, but
    /// `keep` atoms.
    pub fn end_instruction(&self, name: &str, id: u16, slot: u8, keep: u64) -> Instruction {
        call(self.swap_end_accounts(name, id, slot), ix::SwapEnd { keep })
    }

    /// A trade at the venue, from a wallet and into it.
    pub fn venue_instruction(&self, name: &str, pays: Amount, receives: Amount) -> Instruction {
        let request = Request::Swap {
            pays: pays.atoms,
            receives: receives.atoms,
        };
        let accounts = vec![
            AccountMeta::new_readonly(wallet(name).pubkey(), true),
            meta(self.token_key(name, pays.slot), true),
            meta(self.venue_tokens(pays.slot), true),
            meta(self.venue_tokens(receives.slot), true),
            meta(self.token_key(name, receives.slot), true),
            meta(authority().0, false),
            meta(TOKEN_PROGRAM, false),
        ];
        Instruction::new_with_bytes(VENUE, &request.to_bytes(), accounts)
    }

    /// The three instructions of a swap out of account 0 of a wallet, which borrows what the account
    /// does not hold and keeps what the wallet had before.
    pub fn swap_instructions(
        &self,
        name: &str,
        pays: Amount,
        receives: Amount,
    ) -> [Instruction; 3] {
        let before = self.tokens(name, receives.slot);
        [
            self.begin_instruction(name, 0, pays, true),
            self.venue_instruction(name, pays, receives),
            self.end_instruction(name, 0, receives.slot, before),
        ]
    }
}

/// The same instruction, called by the venue.
pub fn through_venue(inner: &Instruction) -> Instruction {
    called_by_venue(inner, Request::Call(&inner.data))
}

/// The same instruction, called by the venue, which returns what was returned to it.
pub fn relayed_by_venue(inner: &Instruction) -> Instruction {
    called_by_venue(inner, Request::Relay(&inner.data))
}

/// The same instruction, called by the venue, whose authority signs it: as a multisig's vault does.
pub fn signed_by_venue(inner: &Instruction) -> Instruction {
    let mut call = called_by_venue(inner, Request::Sign(&inner.data));
    let (vault, _) = plimsoll_venue::authority();
    for account in call.accounts.iter_mut().filter(|it| it.pubkey == vault) {
        account.is_signer = false;
    }
    call
}

fn called_by_venue(inner: &Instruction, request: Request<'_>) -> Instruction {
    let mut accounts = vec![meta(inner.program_id, false)];
    accounts.extend(inner.accounts.clone());
    Instruction::new_with_bytes(VENUE, &request.to_bytes(), accounts)
}

/// Something the venue does without an account.
pub fn venue_does(request: Request<'_>) -> Instruction {
    Instruction::new_with_bytes(VENUE, &request.to_bytes(), Vec::new())
}

impl<C: Chain> Actor<'_, C> {
    /// Swaps at the venue, in a transaction that syncs the banks first; borrows what his account does
    /// not hold.
    pub fn swaps(self, pays: Amount, receives: Amount) -> Self {
        self.world.fund_up_to(&self.name, pays.slot, 0);
        self.world.fund_up_to(&self.name, receives.slot, 0);
        let mut all = vec![self.world.sync_banks_instruction()];
        all.extend(self.world.swap_instructions(&self.name, pays, receives));
        self.does(&all)
    }
}
