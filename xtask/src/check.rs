//! Everything that is checked without running the program: format, lints, conventions of Anchor,
//! generated files.

use crate::{clients, idl, project, run};
use anyhow::{bail, ensure, Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// `cargo xtask check`.
///
/// # Errors
/// The first check that does not hold, with what was expected.
pub fn command() -> Result<()> {
    run::step("format", || cargo(&["fmt", "--all", "--check"]))?;
    run::step("lints", || {
        cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])?;
        // No target among all, because it needs a running cluster.
        cargo(&[
            "clippy",
            "--quiet",
            "--package",
            "plimsoll-client",
            "--test",
            "examples",
            "--",
            "-D",
            "warnings",
        ])
    })?;
    run::step("check the program with idl-build", || {
        cargo(&[
            "check",
            "--quiet",
            "--package",
            "plimsoll",
            "--features",
            "idl-build",
        ])
    })?;
    run::step("program ids agree", program_ids)?;
    run::step("cfg on bpf only in sbf-builtins", bpf_only_in_builtins)?;
    idl::command(&idl::Options { check: true })?;
    clients::check()
}

fn cargo(arguments: &[&str]) -> Result<()> {
    run::show(run::cargo().args(arguments).current_dir(project::root()))
}

/// The id in Anchor.toml, in `declare_id!` and in the IDL is one.
fn program_ids() -> Result<()> {
    let root = project::root();
    let source = fs::read_to_string(root.join("programs/plimsoll/src/lib.rs"))?;
    let declared = between(&source, "declare_id!(\"", "\"").context("no declare_id! in lib.rs")?;
    let anchor = fs::read_to_string(root.join("Anchor.toml"))?;
    let listed = between(&anchor, "plimsoll = \"", "\"").context("no plimsoll in Anchor.toml")?;
    ensure!(
        declared == listed,
        "declare_id! is {declared}, Anchor.toml says {listed}"
    );
    let idl = fs::read_to_string(root.join("idl/plimsoll.json"))?;
    let idl: serde_json::Value = serde_json::from_str(&idl)?;
    let written = idl["address"].as_str().unwrap_or("nothing");
    ensure!(
        declared == written,
        "declare_id! is {declared}, the IDL says {written}"
    );
    Ok(())
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// The one build route that needs its own code is known to one crate.
fn bpf_only_in_builtins() -> Result<()> {
    let root = project::root();
    let mut pending: Vec<PathBuf> = ["crates", "programs", "tests"]
        .iter()
        .map(|folder| root.join(folder))
        .collect();
    while let Some(path) = pending.pop() {
        if path == root.join("crates/sbf-builtins") {
            continue;
        }
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                pending.push(entry?.path());
            }
        } else if is_source(&path) && names_bpf(&fs::read_to_string(&path)?) {
            bail!(
                "{} has a cfg on bpf; only crates/sbf-builtins may",
                path.display()
            );
        }
    }
    Ok(())
}

fn is_source(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "rs" || ending == "toml")
}

fn names_bpf(text: &str) -> bool {
    text.contains("target_arch = \"bpf\"")
}
