//! An exchange as bytes: fixed keys, fixed time, any number of balances and positions.
//!
//! Accounts are written to the chain directly: a measurement is of one instruction alone.

use anchor_lang::prelude::Pubkey;
use anchor_lang::{AccountSerialize, Discriminator};
use anchor_spl::token::spl_token::state as token_state;
use bytemuck::{Pod, Zeroable};
use plimsoll::constants::*;
use plimsoll::instructions::Notices;
use plimsoll::oracle::pyth_pull::RECEIVER;
use plimsoll::state::*;
use plimsoll_engine::fixed::{Fixed, HalfReciprocal};
use plimsoll_engine::index::Index;
use plimsoll_engine::price::{OraclePrice, PriceBand};
use plimsoll_tests::tokens::{Extension, Token};
use solana_account::Account;
use solana_keypair::Keypair;
use solana_program_pack::Pack;
use solana_signer::Signer;

use crate::model::{model, pair};

/// The clock of every measurement, unix seconds.
pub const NOW: i64 = 1_790_000_000;
/// One whole token of every asset but the quote, in atoms.
pub const TOKEN: u64 = 1_000_000_000;
/// Shares of an atom at the start of an index.
const SHARES: u64 = 1_024;
const PRICE: u64 = 10_000_000_000;
const SPL_TOKEN: Pubkey = anchor_spl::token::ID;

/// Assets 0 (quote), 1 to 15 (deposits) and 16 to 31 (positions).
pub struct Fixture {
    /// Accounts by address.
    pub accounts: Vec<(Pubkey, Account)>,
    /// The book's address.
    pub book_key: Pubkey,
    /// The book.
    pub book: Box<RiskBook>,
    /// The trader's margin account.
    pub account_key: Pubkey,
    /// Its content.
    pub account: Box<MarginAccount>,
    /// The keeper's margin account.
    pub keeper_account_key: Pubkey,
}

/// Periods of notice.
pub const NOTICES: Notices = Notices {
    loosening: 72 * 3_600,
    other: 24 * 3_600,
};

/// A key that is the same in every run.
pub fn keypair(number: u8) -> Keypair {
    Keypair::new_from_array([number; 32])
}

/// The address of [`keypair`].
pub fn key(number: u8) -> Pubkey {
    keypair(number).pubkey()
}

/// The trader, the keeper, the authority.
pub const TRADER: u8 = 1;
/// See [`TRADER`].
pub const KEEPER: u8 = 2;
/// The same.
pub const AUTHORITY: u8 = 3;
/// The book.
pub const BOOK: u8 = 4;
/// The zeroed account of a book that is still to be created.
pub const NEW_BOOK: u8 = 5;

/// PDA of the program.
pub fn pda(seeds: &[&[u8]]) -> (Pubkey, u8) {
    Pubkey::find_program_address(seeds, &plimsoll::ID)
}

/// Address of a bank.
pub fn bank_key(slot: u8) -> Pubkey {
    pda(&[BANK_SEED, key(BOOK).as_ref(), &[slot]]).0
}

/// Address of a bank's vault.
pub fn vault_key(slot: u8) -> Pubkey {
    pda(&[VAULT_SEED, bank_key(slot).as_ref()]).0
}

/// Address of a market.
pub fn market_key(slot: u8) -> Pubkey {
    pda(&[MARKET_SEED, key(BOOK).as_ref(), &[slot]]).0
}

/// Address of the pool.
pub fn pool_key() -> Pubkey {
    pda(&[POOL_SEED, key(BOOK).as_ref()]).0
}

/// Address of the pool's share mint.
pub fn lp_mint_key() -> Pubkey {
    pda(&[LP_MINT_SEED, pool_key().as_ref()]).0
}

/// Address of the exchange.
pub fn exchange_key() -> Pubkey {
    pda(&[EXCHANGE_SEED, key(AUTHORITY).as_ref(), &0u64.to_le_bytes()]).0
}

/// Address of a token's mint.
pub fn mint_key(slot: u8) -> Pubkey {
    key(40 + slot)
}

/// Address of somebody's token account; 32 is the pool's share.
pub fn token_key(owner: u8, slot: u8) -> Pubkey {
    pda(&[b"bench-token", &[owner, slot]]).0
}

/// Address of a price account.
pub fn price_key(slot: u8) -> Pubkey {
    key(80 + slot)
}

/// Address of the stake pool.
pub fn stake_pool_key() -> Pubkey {
    key(79)
}

/// A feed's id.
pub fn feed_id(slot: u8) -> [u8; 32] {
    [100 + slot; 32]
}

fn owned(lamports: u64, data: Vec<u8>, owner: Pubkey) -> Account {
    Account {
        lamports,
        data,
        owner,
        executable: false,
        rent_epoch: u64::MAX,
    }
}

/// Bytes of a zero-copy account.
pub fn zero_copy<T: Pod + Discriminator>(state: &T) -> Account {
    let mut data = T::DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(state));
    owned(1_000_000_000, data, plimsoll::ID)
}

/// Bytes of a Borsh account.
pub fn borsh<T: AccountSerialize>(state: &T) -> Account {
    let mut data = Vec::new();
    state
        .try_serialize(&mut data)
        .expect("a vector takes everything");
    owned(1_000_000_000, data, plimsoll::ID)
}

/// A wallet with lamports.
pub fn wallet() -> Account {
    owned(
        100_000_000_000,
        Vec::new(),
        solana_sdk_ids::system_program::ID,
    )
}

fn packed<T: Pack>(state: T) -> Account {
    let mut data = vec![0; T::LEN];
    state.pack_into_slice(&mut data);
    owned(10_000_000, data, SPL_TOKEN)
}

/// A mint.
pub fn mint(decimals: u8, authority: Pubkey) -> Account {
    packed(token_state::Mint {
        mint_authority: Some(authority).into(),
        supply: u64::MAX / 2,
        decimals,
        is_initialized: true,
        freeze_authority: None.into(),
    })
}

/// A token account.
pub fn tokens(mint: Pubkey, owner: Pubkey, amount: u64) -> Account {
    packed(token_state::Account {
        mint,
        owner,
        amount,
        state: token_state::AccountState::Initialized,
        ..token_state::Account::default()
    })
}

/// A fully verified pull update at 100 USD (1 for the quote), confidence 10 bps.
pub fn pull_update(slot: u8, publish: i64, previous: i64) -> Account {
    let price = feed_price(slot);
    let mut data = vec![0u8; 134];
    data[..8].copy_from_slice(&[0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd]);
    data[40] = 1;
    data[41..73].copy_from_slice(&feed_id(slot));
    data[73..81].copy_from_slice(&price.price.to_le_bytes());
    data[81..89].copy_from_slice(&price.confidence.to_le_bytes());
    data[89..93].copy_from_slice(&price.exponent.to_le_bytes());
    data[93..101].copy_from_slice(&publish.to_le_bytes());
    data[101..109].copy_from_slice(&previous.to_le_bytes());
    data[109..117].copy_from_slice(&price.ema.to_le_bytes());
    owned(2_000_000, data, RECEIVER)
}

fn feed_price(slot: u8) -> OraclePrice {
    let price = if slot == 0 { PRICE / 100 } else { PRICE };
    OraclePrice {
        price,
        confidence: price / 1_000,
        ema: price + price / 200,
        exponent: -8,
    }
}

/// Decimals of a slot's token.
pub fn decimals(slot: u8) -> u8 {
    if slot == 0 {
        QUOTE_DECIMALS
    } else {
        9
    }
}

fn asset(slot: u8) -> AssetSlot {
    let band = PriceBand::new(feed_price(slot), decimals(slot)).expect("a sound price");
    let rate = |ppm| Fixed::ratio(ppm, PPM).0;
    let (maintenance, initial) = if slot == 0 {
        (3_300, 4_700)
    } else {
        (91_000, 126_000)
    };
    AssetSlot {
        feed_id: feed_id(slot),
        oracle_program: RECEIVER,
        spot: band.spot,
        asset_initial: band.asset_initial,
        liability_initial: band.liability_initial,
        liability_maintenance: band.liability_maintenance,
        confidence: band.confidence,
        ema: band.ema,
        publish_time: NOW - 5,
        previous_publish_time: NOW - 6,
        max_confidence: rate(10_000),
        maintenance_long: rate(maintenance),
        maintenance_short: rate(maintenance),
        initial_long: rate(initial),
        initial_short: rate(initial),
        discount_least: rate(15_000),
        discount_most: rate(60_000),
        borrow_index: Index::START.0,
        deposit_index: Index::START.0,
        borrow_gain: 1_000,
        borrow_rate: rate(20_000),
        index_time: NOW - 60,
        mark_long_discount: rate(1_000),
        mark_short_premium: rate(2_000),
        profit_weight: rate(500_000),
        // A long has paid a thousandth of the price so far.
        funding_shift: band.shift.saturating_sub(23),
        funding_index: (1 << 40) / 1_000,
        funding_gain: 1 << 20,
        funding_time: NOW - 60,
        price_shift: band.shift,
        max_age_risk: 75,
        max_age_other: 90,
        decimals: decimals(slot),
        oracle_kind: oracle_kind::PULL,
        listed: listed::ASSET
            | if slot < 16 {
                listed::BANK
            } else {
                listed::MARKET
            },
        size_free: u64::MAX,
        deposit_share: Fixed::ONE.0,
        ..AssetSlot::zeroed()
    }
}

fn book(markets: u8) -> Box<RiskBook> {
    let mut book: Box<RiskBook> = Box::new(bytemuck::Zeroable::zeroed());
    let level = |ppm| Fixed::ratio(ppm, PPM).0;
    book.exchange = exchange_key();
    book.newest_publish_time = NOW - 5;
    (book.call_level, book.target_level) = (level(500_000), level(750_000));
    book.pairs.fill(pair());
    book.keeper_share = level(700_000);
    (book.fee_to_insurance, book.fee_to_protocol) = (level(200_000), level(100_000));
    (book.bankrupt_reward, book.min_keeper_fee) = (5_000_000, 10_000);
    (book.asset_count, book.quote_slot, book.launched) = (32, 0, 1);
    for slot in 0..32 {
        let at = usize::from(slot);
        (book.assets[at], book.models[at]) = (asset(slot), model(&asset(slot)));
        if slot >= 16 + markets {
            book.assets[at].listed = listed::ASSET;
        }
    }
    book
}

fn bank(slot: u8) -> Bank {
    let (_, bump) = pda(&[BANK_SEED, key(BOOK).as_ref(), &[slot]]);
    let (vault, vault_bump) = pda(&[VAULT_SEED, bank_key(slot).as_ref()]);
    Bank {
        book: key(BOOK),
        mint: mint_key(slot),
        vault,
        deposits: u64::MAX / 8,
        insurance: 1_000_000_000_000,
        protocol_fees: 1_000_000,
        deposit_cap: u64::MAX / 2,
        borrow_cap: u64::MAX / 2,
        outflow_limit: u64::MAX / 2,
        lent_cash: 600_000 * TOKEN,
        lent_shares: 1_000_000 * TOKEN * SHARES,
        debt_shares: 400_000 * TOKEN * SHARES,
        borrow_index: Index::START.0,
        deposit_index: Index::START.0,
        rate_at_zero: Fixed::ratio(20_000, PPM).0,
        kink: Fixed::ratio(850_000, PPM).0,
        rate_at_kink: Fixed::ratio(80_000, PPM).0,
        rate_at_full: Fixed::ratio(900_000, PPM).0,
        utilisation_cap: Fixed::ratio(850_000, PPM).0,
        reserve_share: Fixed::ratio(100_000, PPM).0,
        slot,
        decimals: decimals(slot),
        bump,
        vault_bump,
        ..Bank::zeroed()
    }
}

/// A market whose open interest contains the trader's position.
pub fn market(slot: u8, position: &PositionSlot) -> Market {
    let (_, bump) = pda(&[MARKET_SEED, key(BOOK).as_ref(), &[slot]]);
    let scale = 10_000_000 * TOKEN;
    let inverse = HalfReciprocal::new(scale).expect("a scale");
    let rate = |ppm| Fixed::ratio(ppm, PPM).0;
    let (long, short) = (position.base.max(0), position.base.min(0));
    Market {
        book: key(BOOK),
        long_base: 50_000 * TOKEN + long.unsigned_abs(),
        short_base: 40_000 * TOKEN + short.unsigned_abs(),
        long_cost: 4_900_000_000_000 + if long > 0 { position.cost } else { 0 },
        short_cost: -4_100_000_000_000 + if short < 0 { position.cost } else { 0 },
        claims: position.unsettled,
        open_positions: [100, 100],
        accrued_insurance: 1_000_000,
        accrued_protocol: 500_000,
        scale,
        inverse_mantissa: inverse.mantissa,
        inverse_shift: inverse.shift,
        max_skew: 200_000 * TOKEN,
        skew_bound: 200_000 * TOKEN,
        max_open_interest: 1_000_000 * TOKEN,
        spread: rate(300),
        daily_funding: rate(1_000_000),
        taker_fee: rate(500),
        liquidation_fee: rate(10_000),
        order_delay: 12,
        headroom: 1_000_000_000_000,
        headroom_granted: 1_000_000_000_000,
        slot,
        bump,
        ..Market::zeroed()
    }
}

fn margin_account(owner: u8, size: usize, tokens_each: i64) -> (Pubkey, Box<MarginAccount>) {
    let id = 0u16.to_le_bytes();
    let (address, bump) = pda(&[ACCOUNT_SEED, key(BOOK).as_ref(), key(owner).as_ref(), &id]);
    let mut account: Box<MarginAccount> = Box::new(bytemuck::Zeroable::zeroed());
    (account.owner, account.book, account.bump) = (key(owner), key(BOOK), bump);
    account.generation = 7;
    account.balances[0] = Balance {
        amount: 5_000_000_000,
        ..Balance::zeroed()
    };
    for place in 1..size {
        let slot = u8::try_from(place).expect("at most 16");
        let amount = 10 * i64::try_from(TOKEN).expect("small");
        account.balances[place] = Balance {
            amount,
            slot,
            ..Balance::zeroed()
        };
    }
    for place in 0..size {
        let slot = 16 + u8::try_from(place).expect("at most 16");
        let sign = if place % 2 == 0 { 1 } else { -1 };
        let position = &mut account.positions[place];
        position.slot = slot;
        position.base = sign * tokens_each * i64::try_from(TOKEN).expect("small");
        // Entered 0.5% better than spot, so that profit weights take part.
        position.cost = position.base / 1_000 * 100 - sign * tokens_each * 500_000;
        position.unsettled = 1_000;
    }
    (address, account)
}

impl Fixture {
    /// `size` balances and as many positions of `tokens_each`; the book has `size` markets.
    pub fn new(size: usize, tokens_each: i64) -> Self {
        let markets = u8::try_from(size).expect("at most 16");
        let (account_key, account) = margin_account(TRADER, size, tokens_each);
        let (keeper_account_key, mut keeper) = margin_account(KEEPER, 0, 0);
        keeper.balances[0].amount = 1_000_000_000_000;
        let mut fixture = Self {
            accounts: Vec::new(),
            book_key: key(BOOK),
            book: book(markets),
            account_key,
            account,
            keeper_account_key,
        };
        fixture.put_wallets_and_exchange();
        fixture.put_banks();
        fixture.put_pool();
        fixture
            .accounts
            .push((keeper_account_key, zero_copy(&*keeper)));
        for slot in 16..16 + markets {
            let position = fixture.account.positions[usize::from(slot - 16)];
            fixture
                .accounts
                .push((market_key(slot), zero_copy(&market(slot, &position))));
            fixture
                .accounts
                .push((price_key(slot), pull_update(slot, NOW - 1, NOW - 2)));
        }
        fixture
    }

    fn put_wallets_and_exchange(&mut self) {
        for number in [TRADER, KEEPER, AUTHORITY] {
            self.accounts.push((key(number), wallet()));
        }
        let exchange = Exchange {
            creator: key(AUTHORITY),
            id: 0,
            authority: key(AUTHORITY),
            guardian: key(AUTHORITY),
            book: key(BOOK),
            notices: NOTICES,
            held_until: 0,
            held_seconds: 0,
            versions: [0; VERSIONS],
            launched: true,
            bump: pda(&[EXCHANGE_SEED, key(AUTHORITY).as_ref(), &0u64.to_le_bytes()]).1,
        };
        self.accounts.push((exchange_key(), borsh(&exchange)));
    }

    fn put_banks(&mut self) {
        for slot in 0..16 {
            self.accounts.push((bank_key(slot), zero_copy(&bank(slot))));
            self.accounts
                .push((mint_key(slot), mint(decimals(slot), key(AUTHORITY))));
            let vault = tokens(mint_key(slot), bank_key(slot), u64::MAX / 4);
            self.accounts.push((vault_key(slot), vault));
            let own = tokens(mint_key(slot), key(TRADER), 1_000 * TOKEN);
            self.accounts.push((token_key(TRADER, slot), own));
        }
    }

    /// The balance in `place` owed instead of held.
    pub fn with_debt(mut self, place: usize) -> Self {
        let balance = &mut self.account.balances[place];
        balance.amount *= -1_024;
        self
    }

    /// Nothing but debts, all lent by others and for lack of other insurance to be bought from the keeper.
    pub fn with_nothing_but_debts(mut self, size: usize) -> Self {
        let (keeper_key, mut keeper) = margin_account(KEEPER, size, 0);
        keeper.positions = bytemuck::Zeroable::zeroed();
        self.account.positions = bytemuck::Zeroable::zeroed();
        self.account.balances[0].amount = if size == 1 { -1_000 * 1_024 } else { 0 };
        let mut changed = vec![];
        for place in 0..size {
            if place > 0 {
                self = self.with_debt(place);
                keeper.balances[place].amount *= 100;
            }
            let slot = u8::try_from(place).expect("at most 16");
            let shares = self.account.balances[place].amount.unsigned_abs();
            let mut bank = bank(slot);
            (bank.debt_shares, bank.lent_shares) = (shares, shares);
            bank.insurance *= u64::from(slot == 0);
            changed.push((bank_key(slot), zero_copy(&bank)));
        }
        changed.push((keeper_key, zero_copy(&*keeper)));
        for (address, account) in &mut self.accounts {
            if let Some((_, other)) = changed.iter().find(|(key, _)| key == address) {
                *account = other.clone();
            }
        }
        self
    }

    /// The token in `slot` as one of Token-2022 that asks for a fee, in accounts whose owner cannot change:
    /// what costs most of it.
    pub fn with_fee_token(mut self, slot: u8) -> Self {
        let token = Token::Token2022(vec![Extension::transfer_fee(100, u64::MAX)]);
        let (mint, rent) = (mint_key(slot), |_| 10_000_000);
        let tokens = |owner, amount| token.account(&mint, &owner, amount, rent);
        let written = [
            (mint, token.mint(decimals(slot), rent)),
            (vault_key(slot), tokens(bank_key(slot), u64::MAX / 4)),
            (token_key(TRADER, slot), tokens(key(TRADER), 1_000 * TOKEN)),
        ];
        for (address, account) in &mut self.accounts {
            if let Some((_, other)) = written.iter().find(|(key, _)| key == address) {
                *account = other.clone();
            }
        }
        self
    }

    /// The program of the token in `slot`.
    pub fn token_program(&self, slot: u8) -> Pubkey {
        let mut accounts = self.accounts.iter();
        let mint = accounts.find(|(address, _)| *address == mint_key(slot));
        mint.expect("the slot has a mint").1.owner
    }

    fn put_pool(&mut self) {
        let (_, bump) = pda(&[POOL_SEED, key(BOOK).as_ref()]);
        let (lp_mint, lp_mint_bump) = pda(&[LP_MINT_SEED, pool_key().as_ref()]);
        let pool = Pool {
            book: key(BOOK),
            lp_mint,
            cash: 50_000_000_000_000,
            shares: 50_000_000_000_000,
            outflow_share: Fixed::ratio(250_000, PPM).0,
            outflow_window: 6 * 3_600,
            cool_down: 3_600,
            bump,
            lp_mint_bump,
            ..Pool::zeroed()
        };
        self.accounts.push((pool_key(), zero_copy(&pool)));
        self.accounts.push((lp_mint, mint(6, pool_key())));
        self.accounts
            .push((token_key(TRADER, 32), tokens(lp_mint, key(TRADER), 0)));
    }

    /// Changes the pool.
    pub fn pool_mut(&mut self, change: impl FnOnce(&mut Pool)) {
        let mut accounts = self.accounts.iter_mut();
        let found = accounts.find(|(address, _)| *address == pool_key());
        let data = &mut found.expect("there is a pool").1.data;
        change(bytemuck::from_bytes_mut(&mut data[8..]));
    }

    /// Lowers or raises the quote deposit so that E_m is `part` of R_m.
    pub fn with_equity_at(mut self, part: f64) -> Self {
        use plimsoll_engine::health::{assess, Purpose};
        for _ in 0..3 {
            let at = BookAt {
                book: &self.book,
                now: NOW,
                limit: AgeLimit::Other,
            };
            let health = assess(&at, &*self.account, Purpose::Trade).expect("a health");
            let wanted = health.maintenance.requirement.0 as f64 * part;
            let gap = wanted as i64 - health.maintenance.equity.0;
            self.account.balances[0].amount += gap;
        }
        assert!(
            self.account.balances[0].amount > 0,
            "the fixture needs a deposit"
        );
        self
    }
}
