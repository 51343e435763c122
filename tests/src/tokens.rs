//! SPL Token accounts, written as bytes.

use anchor_spl::token::{spl_token, ID as TOKEN_PROGRAM};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;

/// A mint without authorities.
pub fn mint_account(decimals: u8, supply: u64, lamports: u64) -> Account {
    let mut data = vec![0; 82];
    data[36..44].copy_from_slice(&supply.to_le_bytes());
    data[44] = decimals;
    data[45] = 1;
    Account {
        lamports,
        data,
        owner: TOKEN_PROGRAM,
        executable: false,
        rent_epoch: u64::MAX,
    }
}

/// A wallet's token account.
pub fn token_account(mint: &Address, owner: &Address, amount: u64, lamports: u64) -> Account {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(&mint.to_bytes());
    data[32..64].copy_from_slice(&owner.to_bytes());
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[108] = 1;
    Account {
        lamports,
        data,
        owner: TOKEN_PROGRAM,
        executable: false,
        rent_epoch: u64::MAX,
    }
}

/// A transfer between token accounts, past the program.
pub fn transfer(from: &Address, to: &Address, owner: &Address, amount: u64) -> Instruction {
    let transfer = spl_token::instruction::transfer(&TOKEN_PROGRAM, from, to, owner, &[], amount);
    transfer.expect("an instruction")
}

/// Atoms in a token account.
pub fn amount_of(account: &Account) -> u64 {
    u64_at(&account.data, 64)
}

/// Atoms in existence of a mint.
pub fn supply_of(mint: &Account) -> u64 {
    u64_at(&mint.data, 36)
}

fn u64_at(data: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(data[at..at + 8].try_into().expect("eight bytes"))
}
