//! The addresses of one exchange.

use plimsoll::state::{listed, RiskBook};
use solana_address::Address;

use crate::address;

/// Where an asset's price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// `plimsoll::state::oracle_kind`.
    pub kind: u8,
    /// Pyth's id of the feed.
    pub id: [u8; 32],
    /// Program that owns the price account.
    pub program: Address,
    /// The price account of a push feed; of a pull feed zero, its updates can be anywhere.
    pub account: Address,
}

/// A bank's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankKeys {
    /// The bank.
    pub bank: Address,
    /// Its vault.
    pub vault: Address,
    /// Its token.
    pub mint: Address,
    /// The token's program.
    pub token_program: Address,
}

/// A listed asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Slot in the book.
    pub slot: u8,
    /// Decimals of its token or of the market's base.
    pub decimals: u8,
    /// Where its price comes from.
    pub feed: Feed,
    /// The account that says what a liquid-staking token is redeemed for.
    pub stake_pool: Option<Address>,
    /// Its bank, if it has one.
    pub bank: Option<BankKeys>,
    /// Its market, if it has one.
    pub market: Option<Address>,
}

/// An exchange: whatever its instructions need to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venue {
    /// The exchange.
    pub exchange: Address,
    /// Its risk book.
    pub book: Address,
    /// The pool.
    pub pool: Address,
    /// Mint of the pool's shares.
    pub lp_mint: Address,
    /// Slot of the quote token.
    pub quote_slot: u8,
    /// The listed assets by slot.
    pub listings: Vec<Listing>,
}

impl Venue {
    /// From a book; `token_of` gives mint and token program of a bank's address. A bank it does not know is
    /// left out.
    pub fn of(
        key: Address,
        book: &RiskBook,
        token_of: impl Fn(&Address) -> Option<(Address, Address)>,
    ) -> Self {
        let listing = |(slot, asset): (u8, &plimsoll::state::AssetSlot)| {
            let bank = address::bank(&key, slot);
            let token = token_of(&bank).filter(|_| asset.has(listed::BANK));
            let model = book.listed_model(slot).ok();
            Listing {
                slot,
                decimals: asset.decimals,
                feed: Feed {
                    kind: asset.oracle_kind,
                    id: asset.feed_id,
                    program: asset.oracle_program,
                    account: asset.oracle_account,
                },
                stake_pool: model
                    .filter(|model| model.is_liquid_staking())
                    .map(|model| model.stake_pool),
                bank: token.map(|(mint, token_program)| BankKeys {
                    bank,
                    vault: address::vault(&bank),
                    mint,
                    token_program,
                }),
                market: asset
                    .has(listed::MARKET)
                    .then(|| address::market(&key, slot)),
            }
        };
        let pool = address::pool(&key);
        let assets = book.assets.iter().take(usize::from(book.asset_count));
        Self {
            exchange: book.exchange,
            book: key,
            pool,
            lp_mint: address::lp_mint(&pool),
            quote_slot: book.quote_slot,
            listings: (0u8..).zip(assets).map(listing).collect(),
        }
    }

    /// The asset in `slot`.
    pub fn listing(&self, slot: u8) -> Option<&Listing> {
        self.listings.get(usize::from(slot))
    }

    /// The bank of the asset in `slot`.
    pub fn bank(&self, slot: u8) -> Option<&BankKeys> {
        self.listing(slot)?.bank.as_ref()
    }

    /// The market of the asset in `slot`.
    pub fn market(&self, slot: u8) -> Option<Address> {
        self.listing(slot)?.market
    }

    /// The bank of the quote token.
    pub fn quote(&self) -> Option<&BankKeys> {
        self.bank(self.quote_slot)
    }
}
