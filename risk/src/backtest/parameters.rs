//! What the model assumes of an asset before it has measured anything.

use anyhow::{bail, Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Deviations per year of 365 days, in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// No variance in force is below this deviation's (F-3).
    pub floor: u32,
    /// Deviation of the stressed observations that weigh a quarter (F-3).
    pub stress: u32,
    /// Deviation that both means start with, before the first return.
    pub start: u32,
}

impl Parameters {
    const fn new(floor: u32, stress: u32, start: u32) -> Self {
        Self {
            floor,
            stress,
            start,
        }
    }

    /// The project's own for an asset it knows. Source: the defaults of F-3.
    pub fn of(asset: &str) -> Option<Self> {
        match asset {
            "USDC" => Some(Self::new(100, 1_000, 200)),
            "SOL" => Some(Self::new(8_000, 22_000, 11_000)),
            "BTC" => Some(Self::new(4_500, 15_000, 6_000)),
            "ETH" => Some(Self::new(5_500, 18_000, 7_500)),
            _ => None,
        }
    }

    fn check(self, asset: &str) -> Result<Self> {
        if self.floor == 0 || self.start == 0 || self.stress == 0 {
            bail!("{asset}: floor, stress and start must be above 0 bps a year, got {self:?}");
        }
        Ok(self)
    }
}

/// One asset's parameters on the command line: `NAME=FLOOR,STRESS,START`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    asset: String,
    parameters: Parameters,
}

impl fmt::Display for Named {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parameters {
            floor,
            stress,
            start,
        } = self.parameters;
        write!(out, "{}={floor},{stress},{start}", self.asset)
    }
}

impl FromStr for Named {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let expected = || format!("expected NAME=FLOOR,STRESS,START in bps a year, got `{text}`");
        let (asset, numbers) = text.split_once('=').with_context(expected)?;
        let numbers: Vec<u32> = numbers
            .split(',')
            .map(|number| number.trim().parse().with_context(expected))
            .collect::<Result<_>>()?;
        let [floor, stress, start] = numbers[..] else {
            bail!(expected());
        };
        Ok(Self {
            asset: asset.to_owned(),
            parameters: Parameters::new(floor, stress, start),
        })
    }
}

/// Where parameters come from: the command line before a file before the defaults.
#[derive(Default)]
pub struct Source {
    by_asset: BTreeMap<String, Parameters>,
}

impl Source {
    /// From a JSON file like `{"DOGE": {"floor": 9000, "stress": 25000, "start": 12000}}`, if one is
    /// named, and what the command line says.
    ///
    /// # Errors
    /// A file that cannot be read, or holds something else.
    pub fn new(file: Option<&Path>, named: &[Named]) -> Result<Self> {
        let mut by_asset: BTreeMap<String, Parameters> = match file {
            None => BTreeMap::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read parameters from {}", path.display()))?;
                serde_json::from_str(&text)
                    .with_context(|| format!("{} holds no parameters", path.display()))?
            }
        };
        for Named { asset, parameters } in named {
            by_asset.insert(asset.clone(), *parameters);
        }
        Ok(Self { by_asset })
    }

    /// # Errors
    /// An asset that nobody named and the project does not know.
    pub fn of(&self, asset: &str) -> Result<Parameters> {
        self.by_asset
            .get(asset)
            .copied()
            .or_else(|| Parameters::of(asset))
            .with_context(|| {
                format!(
                    "no parameters for {asset}: known are USDC, SOL, BTC and ETH; give others by \
                     --set {asset}=FLOOR,STRESS,START or --parameters FILE"
                )
            })?
            .check(asset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_wins_over_defaults() {
        let named: Named = "SOL=1,2,3".parse().unwrap();
        assert_eq!(named.to_string(), "SOL=1,2,3");
        let source = Source::new(None, &[named]).unwrap();
        assert_eq!(source.of("SOL").unwrap(), Parameters::new(1, 2, 3));
        assert_eq!(source.of("BTC").unwrap().stress, 15_000);
    }

    #[test]
    fn unknown_assets_and_malformed_sets_say_what_is_expected() {
        let source = Source::default();
        let error = source.of("DOGE").unwrap_err().to_string();
        assert!(error.contains("--set DOGE="), "{error}");
        let error = "DOGE=1,2".parse::<Named>().unwrap_err().to_string();
        assert!(error.contains("NAME=FLOOR,STRESS,START"), "{error}");
        let zero: Named = "X=0,1,1".parse().unwrap();
        assert!(Source::new(None, &[zero]).unwrap().of("X").is_err());
    }
}
