//! Writes the program's interface description, which clients are generated from.

use crate::{project, run};
use anchor_lang_idl::build::IdlBuilder;
use anyhow::{ensure, Context, Result};
use std::env;
use std::fs;

/// Options of `cargo xtask idl`.
#[derive(clap::Args)]
pub struct Options {
    /// Write nothing; fail when the file does not match the program.
    #[arg(long)]
    pub check: bool,
}

/// `cargo xtask idl`.
pub fn command(options: &Options) -> Result<()> {
    let file = project::root()
        .join("idl")
        .join(format!("{}.json", project::PROGRAM));
    let text = run::step("extract the interface description", generate)?;
    if options.check {
        let present =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        ensure!(
            present == text,
            "{} does not match the program; run `cargo xtask idl` and commit it",
            file.display()
        );
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&file, text)?;
    println!("{}", file.display());
    Ok(())
}

/// The interface description as the file holds it.
///
/// # Errors
/// When the program does not compile with feature `idl-build` or its description is not valid.
pub fn generate() -> Result<String> {
    // The builder hands this variable to cargo unformatted, which then fails.
    env::remove_var("RUSTUP_TOOLCHAIN");
    env::set_var("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback");
    let target = project::root().join("target/idl");
    let idl = IdlBuilder::new()
        .program_path(project::root().join("programs").join(project::PROGRAM))
        .resolution(true)
        .cargo_args(vec![
            "--lib".to_owned(),
            "--target-dir".to_owned(),
            target.to_string_lossy().into_owned(),
        ])
        .build()?;
    let mut text = serde_json::to_string_pretty(&idl)?;
    text.push('\n');
    Ok(text)
}
