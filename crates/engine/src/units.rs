//! Quantities as types: only sums of the same unit compile.

use crate::error::{EngineError, Result};
use crate::fixed::{signed_difference, signed_sum};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// From a magnitude; `Overflow` above `i64::MAX`.
            #[inline]
            pub fn from_magnitude(magnitude: u64) -> Result<Self> {
                i64::try_from(magnitude).map(Self).map_err(|_| EngineError::Overflow)
            }

            /// The sum; `Overflow` outside `i64`.
            #[inline]
            pub fn plus(self, other: Self) -> Result<Self> {
                signed_sum(self.0, other.0).map(Self)
            }

            /// The difference; `Overflow` outside `i64`.
            #[inline]
            pub fn minus(self, other: Self) -> Result<Self> {
                signed_difference(self.0, other.0).map(Self)
            }

            /// The amount without its sign.
            #[inline]
            pub fn magnitude(self) -> u64 {
                self.0.unsigned_abs()
            }

            /// The amount with the other sign; `Overflow` for `i64::MIN`.
            #[inline]
            pub fn negated(self) -> Result<Self> {
                self.0.checked_neg().map(Self).ok_or(EngineError::Overflow)
            }

            /// The amount if positive, otherwise zero.
            #[inline]
            pub fn positive_part(self) -> Self {
                Self(self.0.max(0))
            }
        }
    };
}

quantity!(
    /// A value in micro-dollars.
    Usd
);
quantity!(
    /// An amount of the quote token in atoms; the quote token always has six decimals, so that one
    /// atom is what one micro-dollar is at a price of exactly 1.
    Quote
);
quantity!(
    /// A size in atoms of an asset: positive is long or owned, negative is short or owed.
    Base
);
