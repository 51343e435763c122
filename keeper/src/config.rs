//! The configuration file: every option typed, named in `config.toml` beside its meaning, unknown keys refused.

use std::path::Path;
use std::str::FromStr;

use anyhow::{bail, Context, Result};
use serde::{Deserialize, Serialize};
use solana_address::Address;

/// The defaults with what each means.
pub const DOCUMENTED: &str = include_str!("../config.toml");

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            #[allow(missing_docs, reason = "config.toml says what each means")]
            pub struct $name { $(pub $field: $type),* }
        )*
    };
}

sections! {
    /// The whole file.
    Config {
        node: Node,
        exchange: Exchange,
        keeper: Keeper,
        duties: Duties,
        pace: Pace,
        policy: Policy,
        fees: Fees,
        own: Own,
        rebalance: Rebalance,
        prices: Prices,
        observe: Observe,
    }
    /// Where the chain is.
    Node { rpc: String, websocket: String, timeout: u64, resync: u64, resync_small: u64 }
    /// Which exchange is kept.
    Exchange { book: String }
    /// Who keeps it.
    Keeper { key: String, account: u16, in_flight: usize, longest_wait: u64 }
    /// What is done.
    Duties {
        publish: bool,
        sync: bool,
        settle: bool,
        call_margin: bool,
        liquidate: bool,
        orders: bool,
        cancel: bool,
        pool: bool,
        bad_debt: bool,
        deleverage: bool,
        changes: bool,
    }
    /// How often.
    Pace { prices: u64, sync: i64, sweep: i64, settle: i64, deleverage: i64, confirm: u64 }
    /// What is worth doing, and for whom.
    Policy {
        least_profit: i64,
        least_lamports: i64,
        sol_price: u64,
        settle_above: u64,
        allow: Vec<String>,
        deny: Vec<String>,
    }
    /// What is paid for being early.
    Fees { percentile: u8, least: u64, most: u64, most_lamports: u64, headroom: u32 }
    /// What the keeper's own account may be used for.
    Own { capital: bool, spend: u64, least_ratio: u64 }
    /// What becomes of seized collateral.
    Rebalance { command: Vec<String>, above: u64, every: u64 }
    /// Where prices come from.
    Prices { source: String, key_variable: String, poster: Poster }
    /// What can be seen from outside.
    Observe { listen: String, log: String, json: bool }
}

/// How updates reach the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Poster {
    /// By the test node's request to set an account.
    Local,
    /// By transactions with Pyth's receiver program.
    Receiver,
    /// Not at all.
    None,
}

impl Default for Config {
    fn default() -> Self {
        // A test reads the file: it is part of the program.
        #[allow(clippy::expect_used, reason = "the program's own text")]
        toml::from_str(DOCUMENTED).expect("the documented defaults are a configuration")
    }
}

impl Config {
    /// From a file; what it leaves out is as documented.
    ///
    /// # Errors
    /// A file that cannot be read, text that is no TOML, an unknown key, a value that means nothing.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the configuration {} cannot be read", path.display()))?;
        Self::parse(&text).with_context(|| format!("the configuration {} is wrong", path.display()))
    }

    /// From text.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(text: &str) -> Result<Self> {
        let mut table: toml::Table = toml::from_str(DOCUMENTED)?;
        let given: toml::Table = toml::from_str(text)?;
        for (name, section) in given {
            match (table.get_mut(&name), section) {
                (Some(toml::Value::Table(known)), toml::Value::Table(section)) => {
                    known.extend(section);
                }
                (Some(_), _) => bail!("{name} is a section, found a value"),
                (None, _) => bail!("there is no section {name}"),
            }
        }
        let config: Self = table.try_into()?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        self.book()?;
        self.policy.lists()?;
        let percents = [
            ("fees.percentile", u64::from(self.fees.percentile)),
            ("own.spend", self.own.spend),
        ];
        for (name, percent) in percents {
            if percent > 100 {
                bail!("{name} is a percentage: expected at most 100, found {percent}");
            }
        }
        let positive = [
            ("node.timeout", self.node.timeout),
            ("node.resync", self.node.resync),
            ("node.resync_small", self.node.resync_small),
            ("pace.prices", self.pace.prices),
            ("pace.confirm", self.pace.confirm),
            ("pace.sweep", self.pace.sweep.max(0).unsigned_abs()),
            ("keeper.in_flight", u64::try_from(self.keeper.in_flight)?),
        ];
        for (name, value) in positive {
            if value == 0 {
                bail!("{name} is expected to be above 0");
            }
        }
        if self.fees.least > self.fees.most {
            bail!(
                "fees.least is above fees.most: {} and {}",
                self.fees.least,
                self.fees.most
            );
        }
        Ok(())
    }

    /// The risk book.
    ///
    /// # Errors
    /// None, or no address.
    pub fn book(&self) -> Result<Address> {
        if self.exchange.book.is_empty() {
            bail!("exchange.book is missing: expected the address of the risk book");
        }
        address("exchange.book", &self.exchange.book)
    }

    /// The node's web socket.
    pub fn websocket(&self) -> String {
        if !self.node.websocket.is_empty() {
            return self.node.websocket.clone();
        }
        let socket = self.node.rpc.replacen("http", "ws", 1);
        let (host, port) = match socket.trim_end_matches('/').rsplit_once(':') {
            Some((host, port)) => (host.to_owned(), port.parse::<u16>()),
            None => return socket,
        };
        match port {
            Ok(port) => format!("{host}:{}", port.saturating_add(1)),
            Err(_) => socket,
        }
    }
}

/// Whom the keeper looks after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// None: everybody.
    pub allow: Option<Vec<Address>>,
    /// Never these.
    pub deny: Vec<Address>,
}

impl Lists {
    /// Whether an account, or its owner, is looked after.
    pub fn admits(&self, account: &Address, owner: &Address) -> bool {
        let in_list = |list: &[Address]| list.contains(account) || list.contains(owner);
        let allowed = self.allow.as_ref().is_none_or(|list| in_list(list));
        allowed && !in_list(&self.deny)
    }
}

impl Policy {
    /// The lists, read.
    ///
    /// # Errors
    /// What is no address.
    pub fn lists(&self) -> Result<Lists> {
        let read = |name: &str, list: &[String]| -> Result<Vec<Address>> {
            list.iter().map(|text| address(name, text)).collect()
        };
        let allow = read("policy.allow", &self.allow)?;
        Ok(Lists {
            allow: (!allow.is_empty()).then_some(allow),
            deny: read("policy.deny", &self.deny)?,
        })
    }
}

fn address(name: &str, text: &str) -> Result<Address> {
    Address::from_str(text)
        .map_err(|_| anyhow::anyhow!("{name}: expected an address, found \"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOK: &str = "[exchange]\nbook = \"11111111111111111111111111111112\"\n";

    fn refusal(text: &str) -> String {
        format!("{:#}", Config::parse(text).unwrap_err())
    }

    #[test]
    fn what_is_left_out_is_as_documented() {
        let config = Config::parse(BOOK).unwrap();
        let mut documented = Config::default();
        documented.exchange.book.clone_from(&config.exchange.book);
        assert_eq!(config, documented);
    }

    #[test]
    fn every_option_is_documented_in_a_comment_above_it() {
        let lines: Vec<_> = DOCUMENTED.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if line.contains(" = ") && !line.starts_with('#') {
                let above = lines[at - 1];
                let covered = above.starts_with('#')
                    || (above.contains(" = ") && lines[at - 2].starts_with('#'));
                assert!(covered, "undocumented: {line}");
            }
        }
    }

    #[test]
    fn a_key_nobody_knows_is_refused_by_its_name() {
        let text = format!("{BOOK}[policy]\nleast_proft = 3\n");
        assert!(refusal(&text).contains("least_proft"), "{}", refusal(&text));
        assert!(refusal("[polcy]\n").contains("polcy"));
    }

    #[test]
    fn values_that_mean_nothing_are_refused_by_their_place() {
        assert!(refusal("").contains("exchange.book is missing"));
        assert!(refusal("[exchange]\nbook = \"nobody\"\n").contains("found \"nobody\""));
        let of = |section: &str| refusal(&format!("{BOOK}{section}"));
        assert!(of("[policy]\ndeny = [\"x\"]\n").contains("policy.deny"));
        assert!(of("[own]\nspend = 101\n").contains("own.spend"));
        assert!(of("[pace]\nprices = 0\n").contains("pace.prices"));
        assert!(of("[prices]\nposter = \"pigeon\"\n").contains("pigeon"));
        assert!(of("[fees]\nleast = 2\nmost = 1\n").contains("fees.least"));
    }

    #[test]
    fn the_web_socket_is_a_port_above_unless_named() {
        let mut config = Config::default();
        assert_eq!(config.websocket(), "ws://127.0.0.1:8900");
        config.node.rpc = "https://rpc.example.org".into();
        assert_eq!(config.websocket(), "wss://rpc.example.org");
        config.node.websocket = "ws://elsewhere:1".into();
        assert_eq!(config.websocket(), "ws://elsewhere:1");
    }

    #[test]
    fn lists_name_accounts_and_owners() {
        let [one, two, other] = [1, 2, 3].map(|seed| Address::new_from_array([seed; 32]));
        let lists = |allow: Vec<Address>, deny: Vec<Address>| Lists {
            allow: (!allow.is_empty()).then_some(allow),
            deny,
        };
        assert!(lists(vec![], vec![]).admits(&one, &two));
        assert!(lists(vec![two], vec![]).admits(&one, &two));
        assert!(!lists(vec![other], vec![]).admits(&one, &two));
        assert!(!lists(vec![one], vec![two]).admits(&one, &two));
    }
}
