//! `list_bank`: the bank of an asset and its vault.
//!
//! * before launch the authority of the exchange signs, later the listing was announced and is due;
//! * the book is the exchange's, the asset is listed and has no bank;
//! * the mint has the asset's decimals, no extension but those a bank accepts, and is not the share of a pool;
//! * one bank only is the quote's, its token is of SPL Token, has 6 decimals and no market;
//! * the curve of the yearly rate rises from 0 at most to its bound in code, shares are at most the whole.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_engine::interest::gain_per_second_ceil;
use plimsoll_engine::lending::{Curve, Lending};

use super::create_exchange::{fixed_of_ppm, within};
use crate::changes::{permit, Announced};
use crate::constants::{
    BANK_SEED, BORROW_RATE_BOUND_PPM, NO_SLOT, PPM, QUOTE_DECIMALS, VAULT_SEED,
};
use crate::error::{OrRefuse, PlimsollError};
use crate::events::BankListed;
use crate::mints;
use crate::state::{listed, AssetSlot, Bank, Exchange, ParameterChange, Patch, RiskBook};

/// Parameters of a bank.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct BankParams {
    /// Largest total of deposits, atoms.
    pub deposit_cap: u64,
    /// Largest total of debts, atoms.
    pub borrow_cap: u64,
    /// Largest net outflow in a window of six hours, atoms.
    pub outflow_limit: u64,
    /// Whether its token is the quote.
    pub is_quote: bool,
    /// Yearly rate where nothing is borrowed, parts per million.
    pub rate_at_zero_ppm: u32,
    /// Utilisation at which the two lines of the rate meet, parts per million.
    pub kink_ppm: u32,
    /// Yearly rate there, parts per million.
    pub rate_at_kink_ppm: u32,
    /// Yearly rate where everything is borrowed, parts per million.
    pub rate_at_full_ppm: u32,
    /// Largest share of lent deposits that a new debt may lead to, parts per million.
    pub utilisation_cap_ppm: u32,
    /// Insurance's share of interest, parts per million.
    pub reserve_share_ppm: u32,
}

impl BankParams {
    fn curve(&self) -> Curve {
        Curve {
            at_zero: Fixed(fixed_of_ppm(self.rate_at_zero_ppm)),
            kink: Fixed(fixed_of_ppm(self.kink_ppm)),
            at_kink: Fixed(fixed_of_ppm(self.rate_at_kink_ppm)),
            at_full: Fixed(fixed_of_ppm(self.rate_at_full_ppm)),
        }
    }

    /// Refuses parameters outside their bounds in code.
    pub fn validate(&self) -> Result<()> {
        let most = Fixed(fixed_of_ppm(BORROW_RATE_BOUND_PPM));
        let sound = self.curve().is_sound(most);
        require!(sound, PlimsollError::ParameterOutOfBounds);
        within(0, self.utilisation_cap_ppm, PPM)?;
        within(0, self.reserve_share_ppm, PPM)
    }

    /// Writes them to a bank.
    pub fn write(&self, bank: &mut Bank) {
        let curve = self.curve();
        bank.deposit_cap = self.deposit_cap;
        bank.borrow_cap = self.borrow_cap;
        bank.outflow_limit = self.outflow_limit;
        bank.rate_at_zero = curve.at_zero.0;
        bank.kink = curve.kink.0;
        bank.rate_at_kink = curve.at_kink.0;
        bank.rate_at_full = curve.at_full.0;
        bank.utilisation_cap = fixed_of_ppm(self.utilisation_cap_ppm);
        bank.reserve_share = fixed_of_ppm(self.reserve_share_ppm);
    }
}

/// Accounts of `list_bank`.
#[derive(Accounts)]
#[instruction(slot: u8)]
pub struct ListBank<'info> {
    /// Authority of the exchange; after launch anyone.
    pub authority: Signer<'info>,
    /// Pays the rents.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: Box<Account<'info, Exchange>>,
    /// After launch, what announced it.
    #[account(mut)]
    pub change: Option<Box<Account<'info, ParameterChange>>>,
    /// Who paid the change's rent.
    /// CHECK: compared with the change, receives lamports only.
    #[account(mut)]
    pub change_payer: Option<UncheckedAccount<'info>>,
    /// The risk book.
    #[account(
        mut,
        address = exchange.book @ PlimsollError::WrongBook,
        constraint = book.load()?.exchange == exchange.key() @ PlimsollError::WrongBook,
    )]
    pub book: AccountLoader<'info, RiskBook>,
    /// The bank.
    #[account(
        init,
        payer = payer,
        space = Bank::DISCRIMINATOR.len() + core::mem::size_of::<Bank>(),
        seeds = [BANK_SEED, book.key().as_ref(), &[slot]],
        bump,
    )]
    pub bank: AccountLoader<'info, Bank>,
    /// The token.
    #[account(constraint = mint.to_account_info().owner == token_program.key @ PlimsollError::WrongMint)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Who can mint it, if anybody can.
    /// CHECK: compared with the mint; its owner is read.
    pub mint_authority: Option<UncheckedAccount<'info>>,
    /// The bank's vault.
    #[account(
        init,
        payer = payer,
        seeds = [VAULT_SEED, bank.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = bank,
        token::token_program = token_program,
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The program of the mint: SPL Token or Token-2022.
    pub token_program: Interface<'info, TokenInterface>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Lists the bank of the asset in `slot`.
#[inline(never)]
pub fn handle_list_bank(ctx: Context<ListBank>, slot: u8, params: BankParams) -> Result<()> {
    let accounts = ctx.accounts;
    let now = Clock::get()?.unix_timestamp;
    let patch = Patch::ListBank {
        slot,
        mint: accounts.mint.key(),
        params: params.clone(),
    };
    permit(
        &mut accounts.exchange,
        accounts.authority.key(),
        &Announced {
            change: accounts.change.as_deref(),
            payer: accounts.change_payer.as_ref(),
        },
        &patch,
        now,
    )?;
    let mut book = accounts.book.load_mut()?;
    let mut bank = accounts.bank.load_init()?;

    let asset = book.listed_asset(slot)?;
    require!(!asset.has(listed::BANK), PlimsollError::AlreadyListed);
    require_eq!(
        asset.decimals,
        accounts.mint.decimals,
        PlimsollError::MintMismatch
    );
    mints::require_accepted(&accounts.mint)?;
    require_no_shares(&accounts.mint, accounts.mint_authority.as_deref())?;
    params.validate()?;
    let curve = params.curve();
    if params.is_quote {
        require_quote(asset, book.quote_slot)?;
        // Insurance, pool and settlement count quote atoms as sent.
        let program = accounts.token_program.key();
        require_keys_eq!(anchor_spl::token::ID, program, PlimsollError::QuoteToken);
    }

    if params.is_quote {
        book.quote_slot = slot;
    }
    let asset = book.listed_asset_mut(slot)?;
    asset.listed |= listed::BANK;
    asset.borrow_rate = curve.at_zero.0;
    let index = Index(asset.borrow_index);
    asset.borrow_gain = gain_per_second_ceil(index, curve.at_zero).or_refuse()?.0;
    asset.index_time = now;

    bank.book = accounts.book.key();
    bank.mint = accounts.mint.key();
    bank.vault = accounts.vault.key();
    params.write(&mut bank);
    bank.set_lending(&Lending::EMPTY);
    bank.slot = slot;
    bank.decimals = accounts.mint.decimals;
    bank.bump = ctx.bumps.bank;
    bank.vault_bump = ctx.bumps.vault;

    emit!(BankListed {
        book: bank.book,
        slot,
        mint: bank.mint
    });
    book.invariant()?;
    bank.invariant()
}

/// The token is not minted by an account of this program, as shares of pools are.
///
/// # Errors
/// `WrongMint` where who mints it is not given; `PoolShares`.
fn require_no_shares(mint: &Mint, authority: Option<&AccountInfo<'_>>) -> Result<()> {
    let named = authority.map(|authority| *authority.key);
    let minted_by = Option::<Pubkey>::from(mint.mint_authority);
    require!(minted_by == named, PlimsollError::WrongMint);
    let is_share = authority.is_some_and(|authority| *authority.owner == crate::ID);
    require!(!is_share, PlimsollError::PoolShares);
    Ok(())
}

/// The asset can be the quote token and nothing else is.
fn require_quote(asset: &AssetSlot, quote_slot: u8) -> Result<()> {
    require_eq!(NO_SLOT, quote_slot, PlimsollError::QuoteToken);
    require_eq!(QUOTE_DECIMALS, asset.decimals, PlimsollError::QuoteToken);
    require!(!asset.has(listed::MARKET), PlimsollError::QuoteToken);
    Ok(())
}
