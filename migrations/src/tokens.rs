//! Tokens: those a set-up pays with and, on local clusters, tokens made for tests.

use anchor_spl::associated_token::spl_associated_token_account::instruction::create_associated_token_account_idempotent;
use anchor_spl::token::spl_token::{self, state};
use anyhow::{ensure, Context, Result};
use plimsoll_client::address::{token_account, TOKEN};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_program_pack::Pack;
use solana_system_interface::instruction::create_account_with_seed;

use crate::chain::Chain;

/// Address of a test token: it follows from who makes it and its symbol.
///
/// # Errors
/// A symbol that is too long.
pub fn test_mint(maker: &Address, symbol: &str) -> Result<Address> {
    Address::create_with_seed(maker, &seed(symbol), &TOKEN)
        .with_context(|| format!("expected a symbol of at most 20 letters, found {symbol}"))
}

fn seed(symbol: &str) -> String {
    format!("test token {symbol}")
}

/// Makes a test token of SPL Token that the payer mints and nobody can freeze.
///
/// # Errors
/// The cluster refuses.
pub fn make_test_mint(chain: &Chain, symbol: &str, decimals: u8) -> Result<()> {
    let maker = chain.authority();
    let mint = test_mint(&maker, symbol)?;
    let (bytes, seed) = (state::Mint::LEN, seed(symbol));
    let lamports = chain.rent(bytes)?;
    let create =
        create_account_with_seed(&maker, &mint, &maker, &seed, lamports, bytes as u64, &TOKEN);
    let initialize =
        spl_token::instruction::initialize_mint2(&TOKEN, &mint, &maker, None, decimals)?;
    chain.send(&[create, initialize], &[])
}

/// What a token account holds; none is empty.
///
/// # Errors
/// The cluster does not answer, or another account is there.
pub fn balance(chain: &Chain, key: &Address) -> Result<u64> {
    let Some(account) = chain.account(key)? else {
        return Ok(0);
    };
    let account = state::Account::unpack_from_slice(&account.data);
    Ok(account
        .with_context(|| format!("{key} is no token account"))?
        .amount)
}

/// Opens somebody's token account, if it is not there.
pub fn open(payer: &Address, owner: &Address, mint: &Address) -> Instruction {
    create_associated_token_account_idempotent(payer, owner, mint, &TOKEN)
}

/// Opens somebody's token account and mints into it, as `maker` of a test token.
///
/// # Errors
/// None that a caller can bring about.
pub fn mint_to(
    maker: &Address,
    owner: &Address,
    mint: &Address,
    atoms: u64,
) -> Result<[Instruction; 2]> {
    let account = token_account(owner, mint, &TOKEN);
    let mint_to = spl_token::instruction::mint_to(&TOKEN, mint, &account, maker, &[], atoms)?;
    Ok([open(maker, owner, mint), mint_to])
}

/// Makes sure that the payer holds so many atoms: test tokens are minted, others have to be there.
///
/// # Errors
/// Names what is there and what is needed.
pub fn provide(chain: &Chain, mint: &Address, is_test: bool, atoms: u64) -> Result<()> {
    let owner = chain.authority();
    let key = token_account(&owner, mint, &TOKEN);
    let found = balance(chain, &key)?;
    if found >= atoms {
        return Ok(());
    }
    ensure!(
        is_test,
        "expected at least {atoms} atoms of {mint} in {key}, the token account of {owner}, found {found}"
    );
    let lacking = atoms.saturating_sub(found);
    chain.send(&mint_to(&owner, &owner, mint, lacking)?, &[])
}
