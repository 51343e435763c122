//! The report's charts, drawn as SVG.

mod frame;
mod history;
mod portfolio;
mod rules;

pub use history::{crash, history};
pub use portfolio::{benefit, benefit_history};
pub use rules::rules;

use super::rules::Rule;
use plotters::style::RGBColor;

const PAPER: RGBColor = RGBColor(0xFF, 0xFE, 0xFC);
const INK: RGBColor = RGBColor(0x1B, 0x26, 0x30);
const MUTED: RGBColor = RGBColor(0x5F, 0x6B, 0x76);
const GRID: RGBColor = RGBColor(0xE4, 0xE0, 0xD8);
const PRICE: RGBColor = RGBColor(0x6B, 0x4F, 0xBB);
const LOSS: RGBColor = RGBColor(0xCF, 0xD4, 0xD8);
const EXCEPTION: RGBColor = RGBColor(0xB9, 0x3A, 0x32);

/// The rules that the charts of requirements show, the most important last, on top.
const SHOWN: [Rule; 4] = [Rule::History99, Rule::Plain99, Rule::Target, Rule::InForce];

const fn color(rule: Rule) -> RGBColor {
    match rule {
        Rule::InForce => RGBColor(0x1D, 0x4E, 0x79),
        Rule::Target => RGBColor(0xD9, 0x8A, 0x12),
        Rule::Plain99 | Rule::Plain95 | Rule::Floored => RGBColor(0x8A, 0x94, 0x9E),
        Rule::History99 | Rule::History95 => RGBColor(0x6F, 0xB2, 0xA4),
        Rule::Fixed(_) => RGBColor(0xC9, 0xB8, 0x9A),
    }
}
