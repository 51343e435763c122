//! Random risk books of 32 assets: every number that a health check reads, over the whole range that it
//! may have.

use bytemuck::Zeroable;
use plimsoll::state::{AssetSlot, PairSlot, RiskBook, SideSlot};
use plimsoll_engine::correlation::{Pair, CORRELATION_ONE, LEAST_SAMPLES, SLOTS};
use plimsoll_engine::fixed::Fixed;
use plimsoll_engine::index::Index;
use plimsoll_engine::price::{OraclePrice, PriceBand, EXPIRY_SECONDS};
use plimsoll_engine::rates::Rates;
use plimsoll_engine::size::SizeTerms;

use crate::dice::Dice;

/// Decimals of the quote token.
const QUOTE_DECIMALS: u8 = 6;
/// A covariance of one, which a pair never exceeds.
const COVARIANCE_ONE: i64 = 1 << 62;

impl Dice {
    /// Writes another book into `book`: assets, pairs, scenarios, levels and weights.
    pub fn rewrite(&mut self, book: &mut RiskBook, now: i64) {
        let slots = SLOTS as u8;
        book.asset_count = slots;
        book.quote_slot = if self.chance(70) {
            0
        } else {
            self.between(0, i64::from(slots) - 1) as u8
        };
        let (one, other) = (self.part(0.0, 1.0), self.part(0.0, 1.0));
        book.call_level = fixed(one.min(other)).0;
        book.target_level = fixed(one.max(other)).0;
        for slot in 0..slots {
            let quote = slot == book.quote_slot;
            book.assets[usize::from(slot)] = self.asset(quote, now);
        }
        for pair in &mut book.pairs {
            pair.set(&self.pair());
        }
        self.scenarios(book);
    }

    /// Writes other scenarios and their weights.
    pub fn scenarios(&mut self, book: &mut RiskBook) {
        book.scenario_count = match self.between(0, 9) {
            0 => 0,
            1 | 2 => 16,
            _ => self.between(1, 15) as u8,
        };
        book.scenarios = Zeroable::zeroed();
        // In most books of one order of magnitude, so that their loss is between root and direction.
        let usual = self.dollars(100.0, 9_000.0) as i64;
        for moves in &mut book.scenarios[..usize::from(book.scenario_count)] {
            let most = if self.chance(97) { usual } else { 32_767 };
            moves.fill_with(|| self.between(-most, most) as i16);
        }
        let maintenance = fixed(self.part(0.0, 0.8));
        let least = Fixed(maintenance.0 / 4 * 5 + 4);
        book.scenario_weight_maintenance = maintenance.0;
        book.scenario_weight_initial = fixed(self.part(0.0, 1.0)).max(least).0;
    }

    fn asset(&mut self, quote: bool, now: i64) -> AssetSlot {
        let mut asset = AssetSlot::zeroed();
        let decimals = if quote {
            QUOTE_DECIMALS
        } else {
            self.between(0, 12) as u8
        };
        let wide = self.chance(4);
        asset.max_confidence = Fixed::ratio(1, 100).0;
        asset.decimals = decimals;
        asset.max_age_risk = 75;
        asset.max_age_other = 90;
        let band = self.band(quote, wide, decimals);
        asset.set_band(&band).expect("a band");
        asset.publish_time = now - self.age();
        asset.set_rates(&self.rates());
        self.set_size_terms(&mut asset);
        asset.closing = fixed(self.part(0.0, 0.1)).0;
        asset.deposit_share = Fixed::ONE.0;
        if self.chance(25) {
            asset.deposit_share = fixed(self.part(0.0, 1.0)).0;
        }
        asset.mark_long_discount = fixed(self.part(0.0, 0.03)).0;
        asset.mark_short_premium = fixed(self.part(0.0, 0.03)).0;
        asset.profit_weight = fixed(self.part(0.0, 1.0)).0;
        asset.borrow_index = (Index::START.0 as f64 * self.part(1.0, 2.0)) as u64;
        asset.deposit_index = (Index::START.0 as f64 * self.part(1.0, 2.0)) as u64;
        asset.pending_loss = if self.chance(10) {
            fixed(self.part(0.0, 0.5)).0
        } else {
            0
        };
        // Up to some hundredths of a price in either direction; the unit is that of a price of 40 bits.
        asset.funding_shift = band.shift.saturating_sub(23);
        asset.funding_index = self.between(-(1 << 35), 1 << 35);
        asset.funding_gain = self.between(-(1 << 29), 1 << 29);
        asset.funding_time = now - self.between(0, 3_600);
        for side in 0..2 {
            if self.chance(30) {
                asset.sides[side] = self.reduced_side(&asset);
            }
        }
        asset.borrow_gain = self.between(0, 10_000) as u64;
        asset.index_time = now - self.between(0, 3_600);
        asset
    }

    /// A side of which some is closed again, at up to twice the price, and an epoch or two ended before.
    fn reduced_side(&mut self, asset: &AssetSlot) -> SideSlot {
        let price = 2f64.powi(asset.funding_shift as i32) * asset.spot as f64
            / 2f64.powi(asset.price_shift as i32);
        let mut cash = || (price * self.part(-0.1, 2.0)) as i64;
        let (cash, last_cash) = (cash(), cash());
        SideSlot {
            closed: self.between(0, i64::MAX - (1 << 53)) as u64,
            cash,
            last_cash,
            last_loss: fixed(self.part(0.0, 1.0)).0,
            epoch: self.between(1, 3) as u32,
            padding: [0; 4],
        }
    }

    fn band(&mut self, quote: bool, wide: bool, decimals: u8) -> PriceBand {
        let dollars = if quote {
            let off = if self.chance(30) { 0.12 } else { 0.002 };
            self.part(1.0 - off, 1.0 + off)
        } else {
            self.dollars(1e-3, 2e5)
        };
        let conf = if wide { 0.05 } else { self.part(0.0, 0.015) };
        let mean = self.part(0.93, 1.07);
        let feed = |dollars: f64| (dollars * 1e8) as u64;
        let feed = OraclePrice {
            price: feed(dollars),
            confidence: feed(dollars * conf),
            ema: feed(dollars * mean),
            exponent: -8,
        };
        PriceBand::new(feed, decimals).expect("a price")
    }

    /// Seconds since the price: mostly fresh, some too old, a few expired.
    fn age(&mut self) -> i64 {
        match self.between(0, 99) {
            0..=84 => self.between(0, 90),
            85..=95 => self.between(91, EXPIRY_SECONDS),
            _ => self.between(EXPIRY_SECONDS + 1, 5 * EXPIRY_SECONDS),
        }
    }

    /// Sound rates: initial at least 1.25 times maintenance, longs up to 1 and shorts up to 2.
    fn rates(&mut self) -> Rates {
        let scale = if self.chance(5) { 2.0 } else { 1.0 };
        let (maintenance_long, initial_long) = self.rates_of_a_side(0.4 * scale, 1.0);
        let (maintenance_short, initial_short) = self.rates_of_a_side(0.8 * scale, 2.0);
        let rates = Rates {
            maintenance_long,
            maintenance_short,
            initial_long,
            initial_short,
        };
        assert_eq!(rates.are_sound(), Ok(true));
        rates
    }

    fn rates_of_a_side(&mut self, highest: f64, most: f64) -> (Fixed, Fixed) {
        let maintenance = fixed(self.dollars(0.002, highest) - 1e-9);
        let least = Fixed(maintenance.0 / 4 * 5 + 4);
        let initial = if self.chance(40) {
            least
        } else {
            Fixed((least.0 as f64 * self.part(1.0, 1.6)) as i64).min(fixed(most))
        };
        (maintenance, initial)
    }

    /// Writes other terms of size, or none.
    pub fn set_size_terms(&mut self, asset: &mut AssetSlot) {
        let terms = self.size_terms();
        asset.size_slope = terms.slope;
        asset.size_impact = terms.impact;
        asset.size_free = terms.free;
    }

    fn size_terms(&mut self) -> SizeTerms {
        if self.chance(20) {
            return SizeTerms::NONE;
        }
        let beta = fixed(self.part(0.01, 0.5));
        let (n0, volume) = (self.dollars(1e10, 1e14), self.dollars(1e12, 1e16));
        let day = fixed(self.part(0.01, 0.15));
        let terms = SizeTerms::new(beta, n0 as u64, day, volume as u64).expect("terms");
        if self.chance(15) {
            return SizeTerms { impact: 0, ..terms };
        }
        terms
    }

    /// New, half observed, known either way, or with everything at its largest.
    pub fn pair(&mut self) -> Pair {
        let one = i64::from(CORRELATION_ONE);
        match self.between(0, 9) {
            0 | 1 => Pair::default(),
            2 => Pair {
                covariance: self.between(-COVARIANCE_ONE, COVARIANCE_ONE),
                samples: self.between(1, i64::from(LEAST_SAMPLES) - 1) as u16,
                ..Pair::default()
            },
            3 | 4 => known(self.between(-one, -1), self.between(168, 2_000)),
            5..=8 => known(self.between(0, one), self.between(168, 2_000)),
            _ => {
                let rho = if self.chance(50) { one } else { -one };
                let covariance = COVARIANCE_ONE * rho.signum();
                let pair = known(rho, i64::from(u16::MAX));
                Pair { covariance, ..pair }
            }
        }
    }
}

fn known(rho: i64, samples: i64) -> Pair {
    let samples = samples as u16;
    let pair = Pair {
        samples,
        ..Pair::default()
    };
    pair.holding(rho as i16)
}

fn fixed(fraction: f64) -> Fixed {
    Fixed((fraction * Fixed::ONE.0 as f64) as i64)
}

/// Whether a pair has every field at its limit.
pub fn is_saturated(pair: &PairSlot) -> bool {
    pair.samples == u16::MAX && pair.in_force.abs() == CORRELATION_ONE
}

/// Whether a pair is known and of a negative correlation.
pub fn is_negative(pair: &PairSlot) -> bool {
    pair.samples >= LEAST_SAMPLES && pair.in_force < 0
}

/// Whether a pair has not been observed for long enough to be used.
pub fn is_unknown(pair: &PairSlot) -> bool {
    pair.samples < LEAST_SAMPLES
}
