//! Accounts from bytes: whatever they are and wherever they lie, no panic.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use anchor_lang::Discriminator;
use plimsoll::state::{MarginAccount, PoolRequest, RiskBook};
use plimsoll_client::{decode, Account, DecodeError};

fn zeros<T: Discriminator>() -> Vec<u8> {
    let mut bytes = T::DISCRIMINATOR.to_vec();
    bytes.resize(8 + size_of::<T>(), 0);
    bytes
}

#[test]
fn a_request_to_the_pool_is_read_at_any_address_and_refused_at_another_length() {
    let bytes = zeros::<PoolRequest>();
    for offset in 0..8 {
        let mut shifted = vec![0; offset];
        shifted.extend_from_slice(&bytes);
        let account = Account::of(&shifted[offset..]).unwrap();
        assert!(matches!(account, Account::PoolRequest(_)));
    }
    let short = Account::of(&bytes[..bytes.len() - 1]);
    assert!(matches!(short, Err(DecodeError::Length { .. })));
}

#[test]
fn another_account_is_named_by_what_was_expected() {
    let refused = decode::<MarginAccount>(&zeros::<RiskBook>()).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.starts_with("expected an account of type MarginAccount"),
        "{text}"
    );
}
