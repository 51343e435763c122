//! `create_exchange`: an exchange and the book it is bound to for good.
//!
//! * the creator signs: his key is in the seeds, so nobody can take his id before him;
//! * the book is a zeroed account of exactly the book's size, owned by this program, and signs: nobody
//!   else can bind it;
//! * there is an authority, and the periods of notice are within their bounds in code;
//! * the call level is above 0 and not above the target, the target between 0.1 and 1;
//! * the keeper's share is at most all, the two shares of taker fees together likewise;
//! * the weight of scenarios is at most all, for initial at least 1.25 times that for maintenance;
//! * the reward for closing a bankrupt account and the least keeper fee are within their bounds in code.

use anchor_lang::prelude::*;
use plimsoll_engine::fixed::Fixed;

use crate::constants::{BANKRUPT_REWARD_BOUND, EXCHANGE_SEED, KEEPER_FEE_BOUND, NO_SLOT, PPM};
use crate::error::{checked, PlimsollError};
use crate::events::ExchangeCreated;
use crate::instructions::Notices;
use crate::state::{Exchange, RiskBook};

/// Bytes of the book's account.
const BOOK_LENGTH: usize = RiskBook::DISCRIMINATOR.len() + core::mem::size_of::<RiskBook>();
/// Smallest liquidation target, in parts per million of the way from maintenance to initial.
const LEAST_TARGET_LEVEL_PPM: u32 = 100_000;
/// Smallest part of its cash that the pool may owe before anybody deleverages, in parts per million.
const LEAST_DELEVERAGE_LEVEL_PPM: u32 = 500_000;

/// Who may do what, and with which notice.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct Roles {
    /// Who may list and launch, and later announce; not the zero key.
    pub authority: Pubkey,
    /// Who may tighten; the zero key for nobody but the authority.
    pub guardian: Pubkey,
    /// Periods of notice after launch.
    pub notices: Notices,
}

/// Parameters of an exchange.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct ExchangeParams {
    /// Place of the call level between maintenance (0) and initial, parts per million.
    pub call_level_ppm: u32,
    /// Place of the liquidation target between maintenance (0) and initial, parts per million.
    pub target_level_ppm: u32,
    /// Part of the pool's payable cash above which what it owes lets anybody deleverage, parts per million.
    pub deleverage_level_ppm: u32,
    /// Keeper's share of liquidation fees and discounts, parts per million.
    pub keeper_share_ppm: u32,
    /// Insurance's share of taker fees, parts per million.
    pub fee_to_insurance_ppm: u32,
    /// Protocol's share of taker fees, parts per million.
    pub fee_to_protocol_ppm: u32,
    /// Share of the worst scenario's loss that maintenance asks for, parts per million.
    pub scenario_weight_maintenance_ppm: u32,
    /// The same of initial, parts per million.
    pub scenario_weight_initial_ppm: u32,
    /// What insurance pays for closing a bankrupt account, quote atoms.
    pub bankrupt_reward: u64,
    /// Least a market order pays its keeper, lamports.
    pub min_keeper_fee: u64,
    /// Insurance that must be in the quote bank before launch, and below which initial rates rise, quote atoms.
    pub insurance_target: u64,
}

/// Accounts of `create_exchange`.
#[derive(Accounts)]
#[instruction(id: u64)]
pub struct CreateExchange<'info> {
    /// Who creates it; part of the seeds.
    pub creator: Signer<'info>,
    /// Pays the rent of the exchange.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The exchange.
    #[account(
        init,
        payer = payer,
        space = Exchange::DISCRIMINATOR.len() + Exchange::INIT_SPACE,
        seeds = [EXCHANGE_SEED, creator.key().as_ref(), &id.to_le_bytes()],
        bump,
    )]
    pub exchange: Box<Account<'info, Exchange>>,
    /// The risk book, created by the client at its full size in the same transaction.
    #[account(
        zero,
        signer,
        constraint = book.as_ref().data_len() == BOOK_LENGTH @ PlimsollError::BookNotEmpty,
    )]
    pub book: AccountLoader<'info, RiskBook>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Creates exchange `id` of the creator.
#[inline(never)]
pub fn handle_create_exchange(
    ctx: Context<CreateExchange>,
    id: u64,
    roles: Roles,
    params: ExchangeParams,
) -> Result<()> {
    let (exchange_key, book_key) = (ctx.accounts.exchange.key(), ctx.accounts.book.key());
    let bump = ctx.bumps.exchange;
    let exchange = &mut ctx.accounts.exchange;
    let mut book = ctx.accounts.book.load_init()?;

    require_keys_neq!(
        roles.authority,
        Pubkey::default(),
        PlimsollError::ExchangeUnbound
    );
    roles.notices.validate()?;
    params.validate()?;

    exchange.creator = ctx.accounts.creator.key();
    exchange.id = id;
    exchange.authority = roles.authority;
    exchange.guardian = roles.guardian;
    exchange.notices = roles.notices;
    exchange.book = book_key;
    exchange.bump = bump;

    book.exchange = exchange_key;
    params.write(&mut book);
    book.quote_slot = NO_SLOT;

    let authority = roles.authority;
    emit!(ExchangeCreated {
        exchange: exchange_key,
        book: book_key,
        authority
    });
    exchange.invariant()?;
    book.invariant()
}

impl ExchangeParams {
    /// Refuses parameters outside their bounds in code.
    pub fn validate(&self) -> Result<()> {
        within(LEAST_TARGET_LEVEL_PPM, self.target_level_ppm, PPM)?;
        within(1, self.call_level_ppm, self.target_level_ppm)?;
        within(LEAST_DELEVERAGE_LEVEL_PPM, self.deleverage_level_ppm, PPM)?;
        within(0, self.keeper_share_ppm, PPM)?;
        within(0, self.fee_to_insurance_ppm, PPM)?;
        within(
            0,
            self.fee_to_protocol_ppm,
            PPM.saturating_sub(self.fee_to_insurance_ppm),
        )?;
        validate_weights(self)?;
        within(0, self.min_keeper_fee, KEEPER_FEE_BOUND)?;
        within(0, self.bankrupt_reward, BANKRUPT_REWARD_BOUND)
    }

    /// Writes them to the book.
    pub fn write(&self, book: &mut RiskBook) {
        book.call_level = fixed_of_ppm(self.call_level_ppm);
        book.target_level = fixed_of_ppm(self.target_level_ppm);
        book.deleverage_level = fixed_of_ppm(self.deleverage_level_ppm);
        book.keeper_share = fixed_of_ppm(self.keeper_share_ppm);
        book.fee_to_insurance = fixed_of_ppm(self.fee_to_insurance_ppm);
        book.fee_to_protocol = fixed_of_ppm(self.fee_to_protocol_ppm);
        book.scenario_weight_maintenance = fixed_of_ppm(self.scenario_weight_maintenance_ppm);
        book.scenario_weight_initial = fixed_of_ppm(self.scenario_weight_initial_ppm);
        book.bankrupt_reward = self.bankrupt_reward;
        book.min_keeper_fee = self.min_keeper_fee;
        book.insurance_target = self.insurance_target;
    }
}

fn validate_weights(params: &ExchangeParams) -> Result<()> {
    let (maintenance, initial) = (
        u64::from(params.scenario_weight_maintenance_ppm),
        u64::from(params.scenario_weight_initial_ppm),
    );
    within(0, initial, u64::from(PPM))?;
    let four_times = checked(initial.checked_mul(4))?;
    within(0, checked(maintenance.checked_mul(5))?, four_times)
}

/// Refuses a parameter outside `least` to `most`, both included; the log names the bound it passed.
pub(crate) fn within<T: PartialOrd + ToString>(least: T, value: T, most: T) -> Result<()> {
    require_gte!(value, least, PlimsollError::ParameterOutOfBounds);
    require_gte!(most, value, PlimsollError::ParameterOutOfBounds);
    Ok(())
}

/// Parts per million as a raw `Fixed`, rounded down.
pub(crate) const fn fixed_of_ppm(ppm: u32) -> i64 {
    Fixed::ratio(ppm, PPM).0
}
