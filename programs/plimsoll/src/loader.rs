//! The upgradeable loader: the only code that knows what its accounts say, and that asks it for anything.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::bpf_loader_upgradeable::{self, UpgradeableLoaderState};
use anchor_lang::solana_program::program::{invoke, invoke_signed};

use crate::constants::CODE_SEED;
use crate::error::PlimsollError;
use crate::state::Code;

/// The loader as a program account of an instruction.
#[derive(Clone, Copy, Debug)]
pub struct UpgradeableLoader;

impl Id for UpgradeableLoader {
    fn id() -> Pubkey {
        bpf_loader_upgradeable::ID
    }
}

/// Where the loader keeps this program's code.
pub fn program_data_address() -> Pubkey {
    bpf_loader_upgradeable::get_program_data_address(&crate::ID)
}

/// Refuses unless `buffer` is a buffer whose authority is `code`: nobody else can write, hand on or close
/// it, and this program never writes one, so that its bytes stay what they are. Errors `NotBuffer`,
/// `BufferNotFrozen`.
pub fn require_frozen(buffer: &AccountInfo<'_>, code: Pubkey) -> Result<()> {
    require_keys_eq!(
        *buffer.owner,
        bpf_loader_upgradeable::ID,
        PlimsollError::NotBuffer
    );
    let data = buffer.try_borrow_data()?;
    let state = UpgradeableLoaderState::try_deserialize_unchecked(&mut &data[..]);
    let Ok(UpgradeableLoaderState::Buffer { authority_address }) = state else {
        return Err(error!(PlimsollError::NotBuffer));
    };
    let authority = authority_address.unwrap_or_default();
    require_keys_eq!(authority, code, PlimsollError::BufferNotFrozen);
    Ok(())
}

/// Makes `code` the program's upgrade authority; `authority`, who is it now, signed.
pub fn hand_over<'info>(
    program_data: AccountInfo<'info>,
    authority: AccountInfo<'info>,
    code: AccountInfo<'info>,
) -> Result<()> {
    let to = Some(code.key);
    let ask = bpf_loader_upgradeable::set_upgrade_authority(&crate::ID, authority.key, to);
    Ok(invoke(&ask, &[program_data, authority, code])?)
}

/// Accounts of the loader's `Upgrade`.
pub struct Upgrade<'info> {
    /// Where the program's code stands.
    pub program_data: AccountInfo<'info>,
    /// The program.
    pub program: AccountInfo<'info>,
    /// The buffer with the new code.
    pub buffer: AccountInfo<'info>,
    /// Who gets the lamports that are left over.
    pub receiver: AccountInfo<'info>,
    /// The rent sysvar.
    pub rent: AccountInfo<'info>,
    /// The clock sysvar.
    pub clock: AccountInfo<'info>,
}

impl<'info> Upgrade<'info> {
    /// Replaces the program's code, signed by `code`. What is running runs to its end; the new code is
    /// called from the next slot on.
    pub fn apply(self, code: &Account<'info, Code>) -> Result<()> {
        let ask = bpf_loader_upgradeable::upgrade(
            self.program.key,
            self.buffer.key,
            &code.key(),
            self.receiver.key,
        );
        let accounts = [
            self.program_data,
            self.program,
            self.buffer,
            self.receiver,
            self.rent,
            self.clock,
            code.to_account_info(),
        ];
        Ok(invoke_signed(
            &ask,
            &accounts,
            &[&[CODE_SEED, &[code.bump]]],
        )?)
    }
}

/// Closes a buffer, signed by `code`; its lamports go to `receiver`.
pub fn close_buffer<'info>(
    buffer: AccountInfo<'info>,
    receiver: AccountInfo<'info>,
    code: &Account<'info, Code>,
) -> Result<()> {
    let ask = bpf_loader_upgradeable::close(buffer.key, receiver.key, &code.key());
    let accounts = [buffer, receiver, code.to_account_info()];
    Ok(invoke_signed(
        &ask,
        &accounts,
        &[&[CODE_SEED, &[code.bump]]],
    )?)
}
