//! The page's colours, once: charts draw with the light ones, and the style
//! sheet swaps each for its dark counterpart where the reader prefers that.

use std::fmt::Write as _;

use plotters::style::RGBColor;

use super::super::crash::Asset;

/// A colour by day and by night.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    name: &'static str,
    light: RGBColor,
    dark: RGBColor,
}

impl Ink {
    const fn new(name: &'static str, light: u32, dark: u32) -> Self {
        Self {
            name,
            light: rgb(light),
            dark: rgb(dark),
        }
    }

    /// The colour charts are drawn in.
    pub(super) const fn color(self) -> RGBColor {
        self.light
    }

    /// The colour as a reference to the style sheet.
    pub(super) fn css(self) -> String {
        format!("var(--{})", self.name)
    }
}

const fn rgb(hex: u32) -> RGBColor {
    let [_, red, green, blue] = hex.to_be_bytes();
    RGBColor(red, green, blue)
}

pub(super) const PAPER: Ink = Ink::new("paper", 0xF7F5F0, 0x11161C);
pub(super) const CARD: Ink = Ink::new("card", 0xFFFEFC, 0x181F27);
pub(super) const INK: Ink = Ink::new("ink", 0x1B2630, 0xE7EAEC);
pub(super) const MUTED: Ink = Ink::new("muted", 0x5F6B76, 0x9AA6B1);
pub(super) const RULE: Ink = Ink::new("rule", 0xE4E0D8, 0x2B343E);
pub(super) const SOL: Ink = Ink::new("sol", 0x6B4FBB, 0xA690F0);
pub(super) const BTC: Ink = Ink::new("btc", 0xB8761B, 0xE2A852);
pub(super) const ETH: Ink = Ink::new("eth", 0x2F7F8C, 0x62B9C6);
pub(super) const EQUITY: Ink = Ink::new("equity", 0x1D4E79, 0x7FB4E6);
pub(super) const WATER: Ink = Ink::new("water", 0xB93A32, 0xF07A6E);
pub(super) const INITIAL: Ink = Ink::new("initial", 0x8A949E, 0x7C8894);
pub(super) const CALL: Ink = Ink::new("call", 0xD98A12, 0xF2B54A);
pub(super) const GOOD: Ink = Ink::new("good", 0x2C7A4B, 0x6FC892);

const ALL: [Ink; 13] = [
    PAPER, CARD, INK, MUTED, RULE, SOL, BTC, ETH, EQUITY, WATER, INITIAL, CALL, GOOD,
];

/// The colour of an asset's line.
pub(super) const fn of(asset: Asset) -> Ink {
    match asset {
        Asset::Sol => SOL,
        Asset::Btc => BTC,
        Asset::Eth => ETH,
        Asset::Usdc => MUTED,
    }
}

/// Variables of both schemes, and rules that turn the charts' colours into
/// them: a style sheet outranks the attributes a chart is drawn with.
pub(super) fn style_sheet() -> String {
    let (mut light, mut dark, mut rules) = (String::new(), String::new(), String::new());
    for ink in ALL {
        let (name, day, night) = (ink.name, hex(ink.light), hex(ink.dark));
        // Writing to a string cannot fail.
        let _ = write!(light, "--{name}:{day};");
        let _ = write!(dark, "--{name}:{night};");
        let _ = writeln!(
            rules,
            "svg [fill=\"{day}\"]{{fill:var(--{name})}} svg [stroke=\"{day}\"]{{stroke:var(--{name})}}"
        );
    }
    format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}")
}

/// As the chart library writes it.
fn hex(color: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2)
}
