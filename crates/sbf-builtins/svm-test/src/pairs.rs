//! Operand pairs, the same inside the virtual machine and outside.

/// Bits around which carries, borrows and quotient estimates go wrong.
const EDGE_BITS: [u32; 13] = [0, 1, 31, 32, 33, 63, 64, 65, 95, 96, 97, 126, 127];
/// Values made of each bit.
const FORMS: u64 = 5;
/// Number of edge values.
const EDGES: u64 = EDGE_BITS.len() as u64 * FORMS;
/// Number of different edge pairs.
pub const EDGE_PAIRS: u64 = EDGES * EDGES;

/// A sequence of random pairs.
pub struct Pairs {
    state: u64,
}

impl Pairs {
    /// The sequence that belongs to a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next pair: of any size, with either sign, and every other one with a first operand at
    /// or just below a multiple of the second.
    #[allow(clippy::should_implement_trait)] // endless, and no iterator's methods are wanted
    pub fn next(&mut self) -> (u128, u128) {
        let shape = self.word();
        let a = self.number(shape & 127);
        let b = self.number((shape >> 7) & 127);
        let b = if (shape >> 14) & 3 == 0 { !b } else { b };
        match (shape >> 16) & 3 {
            0 => (a.wrapping_mul(b), b),
            1 => (a.wrapping_mul(b).wrapping_sub(1), b),
            2 => (!a, b),
            _ => (a, b),
        }
    }

    /// A number of `128 - dropped` random bits.
    fn number(&mut self, dropped: u64) -> u128 {
        let (high, low) = (self.word(), self.word());
        if dropped < 64 {
            (u128::from(high >> dropped) << 64) | u128::from(low)
        } else {
            u128::from(low >> (dropped - 64))
        }
    }

    /// SplitMix64.
    fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The edge pair of a number, counted round.
pub fn edge(number: u64) -> (u128, u128) {
    (
        edge_value(number / EDGES % EDGES),
        edge_value(number % EDGES),
    )
}

fn edge_value(number: u64) -> u128 {
    let power = 1_u128 << EDGE_BITS[(number / FORMS) as usize];
    match number % FORMS {
        0 => power.wrapping_sub(1),
        1 => power,
        2 => power.wrapping_add(1),
        3 => power.wrapping_neg(),
        _ => !power,
    }
}
