//! A layout that was released stays readable: for every version, tests/fixtures/layouts/<version> holds
//! the bytes of each account kind with another value in every field, and beside them the values by
//! name. Today's program has to load the bytes and to find the same values under the same names.
//!
//! Nothing is released yet: the folder of the workspace's version is today's layout, and
//! `WRITE_FIXTURES=1 cargo test -p plimsoll-tests --test released_layouts` writes it anew. From a release
//! on its folder is never written again, and the version goes up: what may still change is padding,
//! which can become a field.
//!
//! Values are read by the IDL, which lists the fields of the structs in their order; that the structs
//! have no gaps is seen by their size, and by `layout.rs` field by field.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anchor_lang::{AccountDeserialize, AccountSerialize, Discriminator};
use bytemuck::Pod;
use plimsoll::state::{Bank, Exchange, MarginAccount, Market, Order, Pool, PoolRequest, RiskBook};
use plimsoll_tests::params::hash;
use serde_json::Value;
use solana_address::Address;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/layouts");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Values by name, such as `balances[0].amount`. Of an array of structs the first and the last.
type Values = BTreeMap<String, String>;

/// The program loads the bytes.
fn load(kind: &str, bytes: &[u8]) {
    match kind {
        "Bank" => zero_copy::<Bank>(bytes),
        "Exchange" => borsh::<Exchange>(bytes),
        "MarginAccount" => zero_copy::<MarginAccount>(bytes),
        "Market" => zero_copy::<Market>(bytes),
        "Order" => borsh::<Order>(bytes),
        "Pool" => zero_copy::<Pool>(bytes),
        "PoolRequest" => zero_copy::<PoolRequest>(bytes),
        "RiskBook" => zero_copy::<RiskBook>(bytes),
        _ => panic!("name the type of {kind} here"),
    }
}

/// As an account loader does: the discriminator, then the whole struct.
fn zero_copy<T: Pod + Discriminator>(bytes: &[u8]) {
    let body = bytes.strip_prefix(T::DISCRIMINATOR);
    let body = body.expect("the discriminator is the type's");
    assert_eq!(body.len(), size_of::<T>(), "bytes behind the discriminator");
}

/// Writes what it read, too, so that no byte is passed over.
fn borsh<T: AccountDeserialize + AccountSerialize>(bytes: &[u8]) {
    let account = T::try_deserialize(&mut &*bytes).expect("the program reads it");
    let mut again = Vec::new();
    account.try_serialize(&mut again).expect("and writes it");
    assert_eq!(again, bytes, "the program writes other bytes than it read");
}

/// Today's layouts.
struct Layouts(Value);

impl Layouts {
    fn today() -> Self {
        let text = include_str!("../../idl/plimsoll.json");
        Self(serde_json::from_str(text).expect("the IDL is readable"))
    }

    /// Names and discriminators of the account kinds.
    fn kinds(&self) -> Vec<(String, Vec<u8>)> {
        let accounts = self.0["accounts"].as_array().expect("accounts");
        let kind = |each: &Value| {
            let bytes = each["discriminator"].as_array().expect("bytes").iter();
            let bytes = bytes.map(|byte| byte.as_u64().expect("a byte") as u8);
            (text(&each["name"]), bytes.collect())
        };
        accounts.iter().map(kind).collect()
    }

    fn fields(&self, name: &str) -> &Vec<Value> {
        let types = self.0["types"].as_array().expect("types");
        let found = types.iter().find(|each| each["name"] == name);
        let fields = found.and_then(|found| found["type"]["fields"].as_array());
        fields.unwrap_or_else(|| panic!("{name} is no struct of the IDL"))
    }

    /// Calls `leaf` with name and type of every value that is not made of others, in order.
    fn walk(&self, name: &str, path: &str, leaf: &mut impl FnMut(&str, &Value)) {
        for field in self.fields(name) {
            let path = format!("{path}{}", text(&field["name"]));
            self.descend(&field["type"], &path, leaf);
        }
    }

    fn descend(&self, kind: &Value, path: &str, leaf: &mut impl FnMut(&str, &Value)) {
        if let Some(name) = kind["defined"]["name"].as_str() {
            self.walk(name, &format!("{path}."), leaf);
        } else if let Some([inner, count]) = kind["array"].as_array().map(Vec::as_slice) {
            if inner == "u8" {
                return leaf(path, kind);
            }
            for at in 0..count.as_u64().expect("a length") {
                self.descend(inner, &format!("{path}[{at}]"), leaf);
            }
        } else {
            leaf(path, kind);
        }
    }

    /// An account with another value in every field.
    fn specimen(&self, kind: &str, discriminator: &[u8]) -> Vec<u8> {
        let mut bytes = discriminator.to_vec();
        self.walk(kind, "", &mut |path, of| {
            let noise = [hash(path), hash(&format!("more {path}"))].concat();
            bytes.extend(noise.iter().cycle().take(size(of)));
            // With its highest bit, so that a number whose sign became a digit is another number.
            let last = bytes.last_mut().expect("no value is empty");
            *last = if of == "bool" { 1 } else { *last | 0x80 };
        });
        bytes
    }

    /// What today's layout reads.
    fn values(&self, kind: &str, bytes: &[u8]) -> Values {
        let mut values = Values::new();
        let mut rest = &bytes[8..];
        self.walk(kind, "", &mut |path, of| {
            let (own, behind) = rest.split_at_checked(size(of)).unwrap_or_else(|| {
                panic!("{kind} ends before {path}");
            });
            rest = behind;
            values.insert(path.to_owned(), spelled(of, own));
        });
        assert!(rest.is_empty(), "{kind}: {} bytes more", rest.len());
        ends_of_arrays(&mut values);
        values
    }
}

/// Leaves the first and the last element of every array.
fn ends_of_arrays(values: &mut Values) {
    let stems = |path: &str| {
        let opened = path.match_indices('[').map(|(at, _)| at);
        let each = opened.map(|at| {
            let end = at + path[at..].find(']').expect("it closes");
            let index: usize = path[at + 1..end].parse().expect("an index");
            (path[..at].to_owned(), index)
        });
        each.collect::<Vec<_>>()
    };
    let mut last = BTreeMap::<String, usize>::new();
    for (stem, index) in values.keys().flat_map(|path| stems(path)) {
        let most = last.entry(stem).or_default();
        *most = index.max(*most);
    }
    let at_an_end = |(stem, index): &(String, usize)| *index == 0 || *index == last[stem];
    values.retain(|path, _| stems(path).iter().all(at_an_end));
}

fn text(value: &Value) -> String {
    value.as_str().expect("a name").to_owned()
}

fn size(kind: &Value) -> usize {
    if let Some(count) = kind["array"][1].as_u64() {
        return count as usize;
    }
    match kind.as_str() {
        Some("bool" | "u8" | "i8") => 1,
        Some("u16" | "i16") => 2,
        Some("u32" | "i32") => 4,
        Some("u64" | "i64") => 8,
        Some("pubkey") => 32,
        _ => panic!("an account has a field of type {kind}: say here how it is written"),
    }
}

/// A value as the fixture spells it.
fn spelled(kind: &Value, bytes: &[u8]) -> String {
    let mut wide = [0u8; 8];
    let number = |wide: [u8; 8]| u64::from_le_bytes(wide);
    match kind.as_str() {
        Some("pubkey") => Address::try_from(bytes).expect("32 bytes").to_string(),
        Some(signed) if signed.starts_with('i') => {
            let sign = if bytes[bytes.len() - 1] > 127 { 255 } else { 0 };
            wide.fill(sign);
            wide[..bytes.len()].copy_from_slice(bytes);
            (number(wide) as i64).to_string()
        }
        Some(_) => {
            wide[..bytes.len()].copy_from_slice(bytes);
            number(wide).to_string()
        }
        None => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn files(folder: &Path, kind: &str) -> (PathBuf, PathBuf) {
    let file = |end: &str| folder.join(format!("{kind}.{end}"));
    (file("bin"), file("json"))
}

fn write(layouts: &Layouts, folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    for (kind, discriminator) in layouts.kinds() {
        let bytes = layouts.specimen(&kind, &discriminator);
        let values = layouts.values(&kind, &bytes);
        let json = serde_json::to_string_pretty(&values).expect("JSON");
        let (bin, text) = files(folder, &kind);
        fs::write(bin, bytes).expect("a file");
        fs::write(text, json + "\n").expect("a file");
    }
}

/// Every kind in a version's folder, with its bytes and values.
fn released(folder: &Path) -> Vec<(String, Vec<u8>, Values)> {
    let entries = fs::read_dir(folder).expect("the folder of a version");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let bins = paths.filter(|path| path.extension().is_some_and(|end| end == "bin"));
    let read = |path: PathBuf| {
        let kind = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let json = fs::read(path.with_extension("json")).expect("values beside the bytes");
        let values = serde_json::from_slice(&json).expect("values by name");
        (kind, fs::read(&path).expect("bytes"), values)
    };
    bins.map(read).collect()
}

/// Values a later version may no longer have under their name.
fn is_padding(path: &str) -> bool {
    path.ends_with("padding")
}

#[test]
fn every_released_account_is_read_as_it_was() {
    let layouts = Layouts::today();
    let today = Path::new(FIXTURES).join(VERSION);
    if std::env::var_os("WRITE_FIXTURES").is_some() {
        write(&layouts, &today);
    }
    let versions = fs::read_dir(FIXTURES).expect("fixtures of layouts");
    for folder in versions.map(|entry| entry.expect("an entry").path()) {
        for (kind, bytes, values) in released(&folder) {
            load(&kind, &bytes);
            let found = layouts.values(&kind, &bytes);
            let version = folder.file_name().expect("a version").to_string_lossy();
            for (name, value) in values.iter().filter(|(name, _)| !is_padding(name)) {
                let now = found.get(name);
                assert_eq!(
                    now,
                    Some(value),
                    "{kind}.{name} of {version} is another today"
                );
            }
            if folder == today {
                assert_eq!(values, found, "{kind}: the fixture is not today's layout");
            }
        }
    }
    let names = released(&today).into_iter().map(|(kind, ..)| kind);
    let mut names: Vec<String> = names.collect();
    names.sort();
    let kinds: Vec<String> = layouts.kinds().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(names, kinds, "fixtures, and accounts of the IDL");
}

/// The check sees what it is for: two fields that changed places, and one that became wider.
#[test]
fn a_changed_layout_is_noticed() {
    let layouts = Layouts::today();
    let (kind, discriminator) = layouts.kinds().remove(0);
    assert_eq!(kind, "Bank");
    let bytes = layouts.specimen(&kind, &discriminator);
    let before = layouts.values(&kind, &bytes);
    let mut swapped = Layouts(layouts.0.clone());
    let types = swapped.0["types"].as_array_mut().expect("types");
    let bank = types.iter_mut().find(|each| each["name"] == "Bank");
    let fields = bank.expect("a bank")["type"]["fields"].as_array_mut();
    fields.expect("fields").swap(3, 4);
    let after = swapped.values(&kind, &bytes);
    let moved: Vec<&String> = before
        .keys()
        .filter(|name| before[*name] != after[*name])
        .collect();
    assert_eq!(moved, ["deposits", "insurance"]);
    // No two values of an account are the same, so that none can stand in another's place.
    let wide = before.values().filter(|value| value.len() > 6);
    let distinct: std::collections::BTreeSet<&String> = wide.clone().collect();
    assert_eq!(wide.count(), distinct.len());
}
