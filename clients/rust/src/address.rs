//! Addresses that follow from seeds.

use plimsoll::constants::{
    ACCOUNT_SEED, BANK_SEED, CHANGE_SEED, CODE_SEED, EXCHANGE_SEED, LP_MINT_SEED, MARKET_SEED,
    ORDER_SEED, POOL_SEED, REQUEST_SEED, VAULT_SEED,
};
use solana_address::Address;

/// Program of associated token accounts.
pub const ASSOCIATED_TOKEN: Address =
    Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// SPL Token.
pub const TOKEN: Address = Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Token-2022.
pub const TOKEN_2022: Address =
    Address::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

fn pda(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &plimsoll::ID).0
}

/// The exchange of number `id` of a creator.
pub fn exchange(creator: &Address, id: u64) -> Address {
    pda(&[EXCHANGE_SEED, creator.as_ref(), &id.to_le_bytes()])
}

/// The bank of the asset in `slot`.
pub fn bank(book: &Address, slot: u8) -> Address {
    pda(&[BANK_SEED, book.as_ref(), &[slot]])
}

/// The vault of a bank.
pub fn vault(bank: &Address) -> Address {
    pda(&[VAULT_SEED, bank.as_ref()])
}

/// The market of the asset in `slot`.
pub fn market(book: &Address, slot: u8) -> Address {
    pda(&[MARKET_SEED, book.as_ref(), &[slot]])
}

/// The pool of a book.
pub fn pool(book: &Address) -> Address {
    pda(&[POOL_SEED, book.as_ref()])
}

/// The mint of a pool's shares.
pub fn lp_mint(pool: &Address) -> Address {
    pda(&[LP_MINT_SEED, pool.as_ref()])
}

/// Margin account `id` of an owner.
pub fn margin_account(book: &Address, owner: &Address, id: u16) -> Address {
    pda(&[
        ACCOUNT_SEED,
        book.as_ref(),
        owner.as_ref(),
        &id.to_le_bytes(),
    ])
}

/// Order `id` of a margin account.
pub fn order(account: &Address, id: u64) -> Address {
    pda(&[ORDER_SEED, account.as_ref(), &id.to_le_bytes()])
}

/// Request `id` of a provider of liquidity.
pub fn pool_request(pool: &Address, provider: &Address, id: u64) -> Address {
    pda(&[
        REQUEST_SEED,
        pool.as_ref(),
        provider.as_ref(),
        &id.to_le_bytes(),
    ])
}

/// Announced change `id` of an exchange.
pub fn change(exchange: &Address, id: u64) -> Address {
    pda(&[CHANGE_SEED, exchange.as_ref(), &id.to_le_bytes()])
}

/// What the program's code is governed by.
pub fn code() -> Address {
    pda(&[CODE_SEED])
}

/// The associated token account of an owner.
pub fn token_account(owner: &Address, mint: &Address, token_program: &Address) -> Address {
    let seeds = [owner.as_ref(), token_program.as_ref(), mint.as_ref()];
    Address::find_program_address(&seeds, &ASSOCIATED_TOKEN).0
}
