//! Mints and token accounts of SPL Token and Token-2022, written as bytes.

use crate::world::wallet;
use anchor_spl::token::spl_token::{self, native_mint};
use anchor_spl::token::ID as TOKEN_PROGRAM;
use anchor_spl::token_2022::spl_token_2022::extension::ExtensionType;
use anchor_spl::token_2022::spl_token_2022::state as token_2022_state;
use anchor_spl::token_2022::ID as TOKEN_2022;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

/// Who can mint a token, of the bytes of its mint.
pub fn mint_authority(data: &[u8]) -> Option<Address> {
    let is_named = *data.first()? == 1;
    let key = data.get(4..36)?.try_into().ok()?;
    is_named.then(|| Address::new_from_array(key))
}

/// Bytes of a mint without extensions.
const MINT: usize = 82;
/// Bytes of a token account without extensions.
const ACCOUNT: usize = 165;
/// Bytes before the value of the only extension of either.
const BARE: usize = ACCOUNT + 1 + 4;
/// Length of a multisig account, which nothing with extensions may have.
const MULTISIG: usize = 355;
/// What stands behind the base of whatever has extensions, and tells mints from accounts.
const IS_MINT: u8 = 1;
/// See [`IS_MINT`].
const IS_ACCOUNT: u8 = 2;
/// Where a token account says in what state it is.
const STATE: usize = 108;

/// An extension of a mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its number at Token-2022.
    pub number: u16,
    /// Its value as the mint holds it.
    pub value: Vec<u8>,
}

impl Extension {
    /// Any extension, every byte of its value the same: zeros name nobody.
    pub fn filled(kind: ExtensionType, byte: u8) -> Self {
        let whole = ExtensionType::try_calculate_account_len::<token_2022_state::Mint>(&[kind]);
        // Metadata has no length of its own.
        let length = whole.map_or(80, |length| length - BARE);
        Self {
            number: kind.into(),
            value: vec![byte; length],
        }
    }

    /// A fee of `bps` on every transfer and of `most` atoms at most, from the first epoch on; "issuer"
    /// may change it.
    pub fn transfer_fee(bps: u16, most: u64) -> Self {
        Self::changing_fee([(0, bps, most), (0, bps, most)])
    }

    /// The older and the newer fee: first epoch, basis points, most atoms.
    pub fn changing_fee(fees: [(u64, u16, u64); 2]) -> Self {
        let issuer = wallet("issuer").pubkey().to_bytes();
        let mut value = [issuer, issuer].concat();
        value.extend([0; 8]);
        for (epoch, bps, most) in fees {
            value.extend(epoch.to_le_bytes());
            value.extend(most.to_le_bytes());
            value.extend(bps.to_le_bytes());
        }
        Self {
            number: ExtensionType::TransferFeeConfig.into(),
            value,
        }
    }

    /// Transfers that "issuer" may stop.
    pub fn pausable() -> Self {
        let mut value = wallet("issuer").pubkey().to_bytes().to_vec();
        value.push(0);
        Self {
            number: ExtensionType::Pausable.into(),
            value,
        }
    }
}

/// Whose token an asset is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Token {
    /// SPL Token's, without authorities.
    #[default]
    Spl,
    /// Wrapped SOL.
    WrappedSol,
    /// Token-2022's; "issuer" mints and freezes.
    Token2022(Vec<Extension>),
}

impl Token {
    /// The program.
    pub fn program(&self) -> Address {
        match self {
            Self::Spl | Self::WrappedSol => TOKEN_PROGRAM,
            Self::Token2022(_) => TOKEN_2022,
        }
    }

    /// Where the mint of an asset is.
    pub fn mint_key(&self, symbol: &str) -> Address {
        match self {
            Self::WrappedSol => native_mint::ID,
            _ => wallet(&format!("mint {symbol}")).pubkey(),
        }
    }

    /// A mint of which nothing exists yet, `rent` the lamports that so many bytes need.
    pub fn mint(&self, decimals: u8, rent: impl Fn(usize) -> u64) -> Account {
        let Self::Token2022(extensions) = self else {
            return mint_account(decimals, 0, rent(MINT));
        };
        let mut account = mint_account(decimals, 0, 0);
        let issuer = wallet("issuer").pubkey().to_bytes();
        for authority in [0, 46] {
            account.data[authority] = 1;
            account.data[authority + 4..authority + 36].copy_from_slice(&issuer);
        }
        extend(&mut account.data, IS_MINT, extensions);
        account.lamports = rent(account.data.len());
        account.owner = TOKEN_2022;
        account
    }

    /// A wallet's token account, as the program for associated accounts makes it.
    pub fn account(
        &self,
        mint: &Address,
        owner: &Address,
        amount: u64,
        rent: impl Fn(usize) -> u64,
    ) -> Account {
        let mut account = token_account(mint, owner, amount, rent(ACCOUNT));
        match self {
            Self::Spl => {}
            Self::WrappedSol => {
                account.data[109] = 1;
                account.data[113..121].copy_from_slice(&account.lamports.to_le_bytes());
                account.lamports += amount;
            }
            Self::Token2022(extensions) => {
                let mut own = vec![Extension::filled_account(ExtensionType::ImmutableOwner)];
                let kinds = extensions.iter();
                let kinds = kinds.filter_map(|each| ExtensionType::try_from(each.number).ok());
                let kinds: Vec<ExtensionType> = kinds.collect();
                let needed = ExtensionType::get_required_init_account_extensions(&kinds);
                own.extend(needed.into_iter().map(Extension::filled_account));
                extend(&mut account.data, IS_ACCOUNT, &own);
                account.lamports = rent(account.data.len());
                account.owner = TOKEN_2022;
            }
        }
        account
    }
}

impl Extension {
    /// An extension of a token account as it begins.
    fn filled_account(kind: ExtensionType) -> Self {
        let length = ExtensionType::try_calculate_account_len::<token_2022_state::Account>(&[kind])
            .expect("a fixed length")
            - BARE;
        Self {
            number: kind.into(),
            value: vec![0; length],
        }
    }
}

/// Writes extensions behind a base, if there are any.
fn extend(data: &mut Vec<u8>, kind: u8, extensions: &[Extension]) {
    if extensions.is_empty() {
        return;
    }
    data.resize(ACCOUNT, 0);
    data.push(kind);
    for Extension { number, value } in extensions {
        let length = u16::try_from(value.len()).expect("a short value");
        data.extend(number.to_le_bytes());
        data.extend(length.to_le_bytes());
        data.extend(value);
    }
    if data.len() == MULTISIG {
        data.extend([0; 2]);
    }
}

/// A mint without authorities.
pub fn mint_account(decimals: u8, supply: u64, lamports: u64) -> Account {
    let mut data = vec![0; MINT];
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
    let mut data = vec![0; ACCOUNT];
    data[..32].copy_from_slice(&mint.to_bytes());
    data[32..64].copy_from_slice(&owner.to_bytes());
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[STATE] = 1;
    Account {
        lamports,
        data,
        owner: TOKEN_PROGRAM,
        executable: false,
        rent_epoch: u64::MAX,
    }
}

/// Puts `atoms` more into a token account; of wrapped SOL they are lamports.
pub fn add_tokens(account: &mut Account, atoms: u64) {
    let amount = amount_of(account) + atoms;
    account.data[64..72].copy_from_slice(&amount.to_le_bytes());
    let is_native = account.data[109] == 1;
    account.lamports += if is_native { atoms } else { 0 };
}

/// Makes `atoms` more of a mint exist.
pub fn add_supply(mint: &mut Account, atoms: u64) {
    let supply = supply_of(mint) + atoms;
    mint.data[36..44].copy_from_slice(&supply.to_le_bytes());
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
