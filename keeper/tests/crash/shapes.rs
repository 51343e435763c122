//! Two hundred margin accounts, no two alike: eight kinds, each from cautious to bold.

/// Slots of the local exchange.
pub const QUOTE: u8 = 0;
pub const SOL: u8 = 1;
pub const BTC: u8 = 2;
pub const ETH: u8 = 3;
/// Prices before the crash of 10 October 2025, in dollars, by slot.
pub const BEFORE: [f64; 4] = [1.0, 221.2, 121_496.0, 4_342.0];
/// How many.
pub const COUNT: u16 = 200;

const KINDS: u16 = 8;
const STANDARD: u8 = 0;
const PORTFOLIO: u8 = 1;
const ISOLATED: u8 = 2;

/// What an account is to hold, in dollars.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Number of the account.
    pub id: u16,
    /// Margin model.
    pub model: u8,
    /// Deposits by slot.
    pub deposits: Vec<(u8, f64)>,
    /// What is borrowed and taken away.
    pub debt: Option<(u8, f64)>,
    /// Positions by slot, negative for shorts.
    pub positions: Vec<(u8, f64)>,
}

/// All of them.
pub fn shapes() -> Vec<Shape> {
    (0..COUNT).map(shape).collect()
}

fn shape(id: u16) -> Shape {
    let last = f64::from((COUNT - 1) / KINDS);
    let bold = f64::from(id / KINDS) / last;
    // Some are so small that nothing of them is throttled.
    let usd = [400.0, 700.0, 3_000.0, 9_000.0][usize::from(id / KINDS % 4)];
    let from = |least: f64, most: f64| usd * (least + (most - least) * bold);
    let quote = vec![(QUOTE, usd)];
    let of = |model, deposits, debt, positions| Shape {
        id,
        model,
        deposits,
        debt,
        positions,
    };
    match id % KINDS {
        0 => of(STANDARD, quote, None, vec![(SOL, from(1.2, 6.8))]),
        1 => {
            let hedged = vec![(SOL, from(0.8, 4.5)), (ETH, -from(0.3, 1.5))];
            of(PORTFOLIO, quote, None, hedged)
        }
        2 => of(
            STANDARD,
            quote,
            None,
            vec![(BTC, from(1.5, 9.0)), (ETH, from(0.2, 1.0))],
        ),
        3 => of(ISOLATED, quote, None, vec![(ETH, from(1.5, 6.0))]),
        4 => {
            let deposits = vec![(QUOTE, usd / 2.0), (SOL, usd / 4.0), (ETH, usd / 4.0)];
            of(
                STANDARD,
                deposits,
                None,
                vec![(BTC, from(0.5, 3.0)), (SOL, from(0.3, 1.5))],
            )
        }
        5 => of(PORTFOLIO, quote, None, vec![(BTC, -from(1.5, 7.5))]),
        6 => of(
            STANDARD,
            vec![(SOL, usd)],
            Some((QUOTE, from(0.3, 0.75))),
            vec![],
        ),
        // Borrowed what rises, against what falls: there are only loans to be liquidated.
        _ => {
            let deposits = vec![(QUOTE, usd / 2.0), (ETH, usd / 2.0)];
            of(STANDARD, deposits, Some((BTC, from(0.2, 0.8))), vec![])
        }
    }
}
