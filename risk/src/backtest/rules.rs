//! The margin rules that are compared.

/// A way to set a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The fast mean alone, 99% value at risk.
    Plain99,
    /// The same, 95%.
    Plain95,
    /// max(fast, slow, floor), 99%.
    Floored,
    /// A quarter of stress besides: the target that initial margin follows at once (F-3).
    Target,
    /// The target behind its ramp: maintenance in force (F-4).
    InForce,
    /// Historical simulation, 99%.
    History99,
    /// Historical simulation, 95%.
    History95,
    /// The same rate always, in basis points.
    Fixed(u32),
}

impl Rule {
    /// All that are compared, in the order of the tables.
    pub const ALL: [Self; 10] = [
        Self::Plain99,
        Self::Plain95,
        Self::Floored,
        Self::Target,
        Self::InForce,
        Self::History99,
        Self::History95,
        Self::Fixed(500),
        Self::Fixed(650),
        Self::Fixed(1_000),
    ];

    /// In tables and charts.
    pub fn name(self) -> String {
        match self {
            Self::Plain99 => "EWMA, 99%".to_owned(),
            Self::Plain95 => "EWMA, 95%".to_owned(),
            Self::Floored => "max(fast, slow, floor)".to_owned(),
            Self::Target => "blended target".to_owned(),
            Self::InForce => "in force".to_owned(),
            Self::History99 => "history of 500, 99%".to_owned(),
            Self::History95 => "history of 500, 95%".to_owned(),
            Self::Fixed(bps) => format!("fixed {}%", f64::from(bps) / 100.0),
        }
    }

    /// Share of windows that may exceed it: what the rule says, or 1% where it says nothing.
    pub const fn level(self) -> f64 {
        match self {
            Self::Plain95 | Self::History95 => 0.05,
            _ => 0.01,
        }
    }
}
