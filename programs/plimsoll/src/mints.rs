//! What a bank accepts of a mint, and what a mint withholds of a transfer.
//!
//! A bank outlives whoever issued its token. Accepted is what can only stop tokens from moving or take a
//! part of those that move; refused is what could take tokens out of a vault, change what one of them
//! is, or run somebody's code. Extension by extension: docs/decisions/0030.

use anchor_lang::prelude::*;
use anchor_spl::token_2022::spl_token_2022::extension::transfer_fee::TransferFeeConfig;
use anchor_spl::token_2022::spl_token_2022::extension::{
    BaseStateWithExtensions, ExtensionType, PodStateWithExtensions,
};
use anchor_spl::token_2022::spl_token_2022::pod::PodMint;
use anchor_spl::token_2022::spl_token_2022::state::AccountState;
use anchor_spl::token_2022::ID as TOKEN_2022;
use anchor_spl::token_interface::Mint;

use crate::error::{checked, PlimsollError};

/// Bytes of type and length before the value of an extension.
const HEADER: usize = 4;

/// Refuses a mint with an extension that is not on the list; mints of SPL Token have none.
///
/// # Errors
/// `MintExtension`, naming the extension by its number at Token-2022.
pub fn require_accepted(mint: &InterfaceAccount<Mint>) -> Result<()> {
    let info = mint.to_account_info();
    if *info.owner != TOKEN_2022 {
        return Ok(());
    }
    let data = info.try_borrow_data()?;
    let state = PodStateWithExtensions::<PodMint>::unpack(&data)?;
    let mut rest = state.get_tlv_data();
    // Token-2022 reads up to the first type 0; behind it only room that is not used may lie.
    while rest.iter().any(|byte| *byte != 0) {
        let (number, value, next) = first_extension(rest)?;
        if !is_accepted(number, value) {
            return Err(refusal(number));
        }
        rest = next;
    }
    Ok(())
}

/// Atoms that arrive where `amount` is sent in `epoch`: all, less the fee that the mint asks for.
///
/// # Errors
/// `MathOverflow`.
pub fn received(mint: &InterfaceAccount<Mint>, amount: u64, epoch: u64) -> Result<u64> {
    let info = mint.to_account_info();
    let data = info.try_borrow_data()?;
    if data.len() == anchor_spl::token::Mint::LEN {
        return Ok(amount);
    }
    let state = PodStateWithExtensions::<PodMint>::unpack(&data)?;
    let Ok(config) = state.get_extension::<TransferFeeConfig>() else {
        return Ok(amount);
    };
    let fee = checked(config.calculate_epoch_fee(epoch, amount))?;
    checked(amount.checked_sub(fee))
}

/// Number and value of the first extension, and what follows it.
fn first_extension(rest: &[u8]) -> Result<(u16, &[u8], &[u8])> {
    let unreadable = || refusal(ExtensionType::Uninitialized.into());
    let (header, rest) = rest.split_at_checked(HEADER).ok_or_else(unreadable)?;
    let [type_low, type_high, length_low, length_high] = *header else {
        return Err(unreadable());
    };
    let length = usize::from(u16::from_le_bytes([length_low, length_high]));
    let (value, next) = rest.split_at_checked(length).ok_or_else(unreadable)?;
    Ok((u16::from_le_bytes([type_low, type_high]), value, next))
}

/// Whether a bank takes a token with this extension.
fn is_accepted(number: u16, value: &[u8]) -> bool {
    use ExtensionType::*;
    let Ok(extension) = ExtensionType::try_from(number) else {
        return false;
    };
    match extension {
        TransferFeeConfig
        | ConfidentialTransferMint
        | InterestBearingConfig
        | ScaledUiAmount
        | Pausable
        | MetadataPointer
        | TokenMetadata
        | GroupPointer
        | TokenGroup
        | GroupMemberPointer
        | TokenGroupMember => true,
        DefaultAccountState => value == [AccountState::Initialized as u8],
        // Zeros name nobody, and only who is named could name somebody.
        MintCloseAuthority | PermanentDelegate | TransferHook => {
            value.iter().all(|byte| *byte == 0)
        }
        _ => false,
    }
}

fn refusal(number: u16) -> Error {
    error!(PlimsollError::MintExtension).with_values(("an accepted extension", number))
}
