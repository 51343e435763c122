//! A layout that was released stays readable: for every version, tests/fixtures/layouts/<version> holds
//! the bytes of each account kind with another value in every field, and beside them the values by
//! name. Today's program has to load the bytes and to find the same values under the same names.
//!
//! An account that holds an enum has a file for each variant. Nothing is released yet: the folder of the workspace's version is today's layout, and
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
use plimsoll::state::{
    Bank, Code, Exchange, MarginAccount, Market, Order, ParameterChange, Pool, PoolRequest,
    RiskBook,
};
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
        "Code" => borsh::<Code>(bytes),
        "Exchange" => borsh::<Exchange>(bytes),
        "MarginAccount" => zero_copy::<MarginAccount>(bytes),
        "Market" => zero_copy::<Market>(bytes),
        "Order" => borsh::<Order>(bytes),
        "ParameterChange" => borsh::<ParameterChange>(bytes),
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

    fn shape(&self, name: &str) -> &Value {
        let types = self.0["types"].as_array().expect("types");
        let found = types.iter().find(|each| each["name"] == name);
        let found = found.unwrap_or_else(|| panic!("{name} is no type of the IDL"));
        &found["type"]
    }

    /// The forms of an account: the variants of the enum in it, or one without a name.
    fn forms(&self, kind: &str) -> Vec<String> {
        let fields = list(&self.shape(kind)["fields"]).iter();
        let names = fields.filter_map(|field| field["type"]["defined"]["name"].as_str());
        let enums = names.map(|name| list(&self.shape(name)["variants"]));
        let mut enums = enums.filter(|variants| !variants.is_empty());
        let variants = enums.next().unwrap_or_default();
        assert!(enums.next().is_none(), "{kind}: expected one enum at most");
        let named = variants
            .iter()
            .map(|each| format!(".{}", text(&each["name"])));
        let forms: Vec<String> = named.collect();
        if forms.is_empty() {
            vec![String::new()]
        } else {
            forms
        }
    }

    /// An account with another value in every field, in the form of this number.
    fn specimen(&self, kind: &str, form: usize, discriminator: &[u8]) -> Vec<u8> {
        let mut bytes = discriminator.to_vec();
        let own = serde_json::json!({ "defined": { "name": kind } });
        self.write(&own, "", form, &mut bytes);
        bytes
    }

    fn write(&self, kind: &Value, path: &str, form: usize, bytes: &mut Vec<u8>) {
        if let Some(name) = kind["defined"]["name"].as_str() {
            let shape = self.shape(name);
            let mut fields = list(&shape["fields"]);
            if let Some(variant) = list(&shape["variants"]).get(form) {
                bytes.push(form as u8);
                fields = list(&variant["fields"]);
            }
            for (number, field) in fields.iter().enumerate() {
                let (name, kind) = field_of(number, field);
                self.write(kind, &inner(path, &name), form, bytes);
            }
        } else if let Some((element, count)) = elements(kind) {
            if kind.get("vec").is_some() {
                bytes.extend((count as u32).to_le_bytes());
            }
            for at in 0..count {
                self.write(element, &format!("{path}[{at}]"), form, bytes);
            }
        } else {
            let noise = [hash(path), hash(&format!("more {path}"))].concat();
            bytes.extend(noise.iter().cycle().take(size(kind)));
            // With its highest bit, so that a number whose sign became a digit is another number.
            let last = bytes.last_mut().expect("no value is empty");
            *last = if kind == "bool" { 1 } else { *last | 0x80 };
        }
    }

    /// What today's layout reads.
    fn values(&self, kind: &str, bytes: &[u8]) -> Values {
        let mut values = Values::new();
        let mut rest = &bytes[8..];
        let own = serde_json::json!({ "defined": { "name": kind } });
        self.read(&own, "", &mut rest, &mut values);
        assert!(rest.is_empty(), "{kind}: {} bytes more", rest.len());
        ends_of_arrays(&mut values);
        values
    }

    fn read(&self, kind: &Value, path: &str, rest: &mut &[u8], values: &mut Values) {
        if let Some(name) = kind["defined"]["name"].as_str() {
            let shape = self.shape(name);
            let mut fields = list(&shape["fields"]);
            let variants = list(&shape["variants"]);
            if !variants.is_empty() {
                let variant = &variants[usize::from(taken(rest, 1, path)[0])];
                values.insert(path.to_owned(), text(&variant["name"]));
                fields = list(&variant["fields"]);
            }
            for (number, field) in fields.iter().enumerate() {
                let (name, kind) = field_of(number, field);
                self.read(kind, &inner(path, &name), rest, values);
            }
        } else if let Some((element, mut count)) = elements(kind) {
            if kind.get("vec").is_some() {
                let length = taken(rest, 4, path).try_into().expect("four bytes");
                count = u32::from_le_bytes(length) as usize;
            }
            for at in 0..count {
                self.read(element, &format!("{path}[{at}]"), rest, values);
            }
        } else {
            let own = taken(rest, size(kind), path);
            values.insert(path.to_owned(), spelled(kind, own));
        }
    }
}

/// Elements of an array of anything but bytes, or of a vector, of which a specimen has two.
fn elements(kind: &Value) -> Option<(&Value, usize)> {
    if let Some(element) = kind.get("vec") {
        return Some((element, 2));
    }
    let [element, count] = kind["array"].as_array()?.as_slice() else {
        return None;
    };
    let count = count.as_u64().expect("a length") as usize;
    (element != "u8").then_some((element, count))
}

/// Name and type of a field; a field of a tuple has its number.
fn field_of(number: usize, field: &Value) -> (String, &Value) {
    match field.get("name") {
        Some(name) => (text(name), &field["type"]),
        None => (number.to_string(), field),
    }
}

fn inner(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn taken<'a>(rest: &mut &'a [u8], count: usize, path: &str) -> &'a [u8] {
    let (own, behind) = rest.split_at_checked(count).unwrap_or_else(|| {
        panic!("the bytes end before {path}");
    });
    *rest = behind;
    own
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
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
        None => hex::encode(bytes),
    }
}

fn write(layouts: &Layouts, folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    for (kind, discriminator) in layouts.kinds() {
        for (number, form) in layouts.forms(&kind).into_iter().enumerate() {
            let bytes = layouts.specimen(&kind, number, &discriminator);
            let values = layouts.values(&kind, &bytes);
            let json = serde_json::to_string_pretty(&values).expect("JSON");
            let file = |end: &str| folder.join(format!("{kind}{form}.{end}"));
            fs::write(file("bin"), bytes).expect("a file");
            fs::write(file("json"), json + "\n").expect("a file");
        }
    }
}

/// Every file in a version's folder: its name, which begins with the kind, bytes and values.
fn released(folder: &Path) -> Vec<(String, Vec<u8>, Values)> {
    let entries = fs::read_dir(folder).expect("the folder of a version");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let bins = paths.filter(|path| path.extension().is_some_and(|end| end == "bin"));
    let read = |path: PathBuf| {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let json = fs::read(path.with_extension("json")).expect("values beside the bytes");
        let values = serde_json::from_slice(&json).expect("values by name");
        (name, fs::read(&path).expect("bytes"), values)
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
        for (name, bytes, values) in released(&folder) {
            let kind = name.split('.').next().expect("a kind");
            load(kind, &bytes);
            let found = layouts.values(kind, &bytes);
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
    let forms = layouts.kinds().into_iter().flat_map(|(kind, _)| {
        let forms = layouts.forms(&kind).into_iter();
        forms.map(move |form| format!("{kind}{form}"))
    });
    let mut forms: Vec<String> = forms.collect();
    forms.sort();
    assert_eq!(names, forms, "fixtures, and accounts of the IDL");
}

/// The check sees what it is for: two fields that changed places, and one that became wider.
#[test]
fn a_changed_layout_is_noticed() {
    let layouts = Layouts::today();
    let (kind, discriminator) = layouts.kinds().remove(0);
    assert_eq!(kind, "Bank");
    let bytes = layouts.specimen(&kind, 0, &discriminator);
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
