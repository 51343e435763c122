//! What is tested on a running local cluster: it has ports of its own, so that another one can run meanwhile.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::cluster::{free_ports, Cluster, Wish};
use crate::{app, clients, project, run};

/// The package of the examples and of their test.
const CLIENT: &str = "plimsoll-client";

/// Runs all of it, each on a cluster of its own: what the examples do to prices keeps traders from trading for long.
///
/// # Errors
/// The first step that fails.
pub fn command() -> Result<()> {
    clients::build()?;
    let app = app::build()?;
    run::step("build the examples and the risk tool", || {
        let mut build = run::cargo();
        build.args(["build", "--quiet", "--examples", "--package", CLIENT]);
        run::show(build.current_dir(project::root()))?;
        // What the screens show is compared with what it says.
        let mut build = run::cargo();
        build.args(["build", "--quiet", "--package", "plimsoll-risk"]);
        run::show(build.current_dir(project::root()))
    })?;
    examples(&mut start(None)?)?;
    let cluster = start(Some(app))?;
    run::step("the web app in a browser", || app::test_at(&cluster.prices))
}

/// A new cluster with a pool.
fn start(app: Option<PathBuf>) -> Result<Cluster> {
    let folder = project::root().join("target/live");
    let _ = fs::remove_dir_all(&folder);
    let mut cluster = Cluster::start(&Wish {
        url: None,
        port: free_ports()?,
        folder,
        crash: false,
        app,
        keeper: true,
        log: "error",
    })?;
    run::step("first deposit into the pool", || cluster.has_pool())?;
    Ok(cluster)
}

fn examples(cluster: &mut Cluster) -> Result<()> {
    let keys = cluster.folder.join("keys");
    fs::create_dir_all(&keys).with_context(|| format!("cannot make {}", keys.display()))?;
    let test = |cluster: &Cluster, names: &[&str]| {
        let mut test = run::cargo();
        test.args(["test", "--quiet", "--package", CLIENT])
            .args(["--test", "examples", "--"])
            .args(names)
            .env("PLIMSOLL_RPC", &cluster.url)
            .env("PLIMSOLL_PRICES", &cluster.prices)
            .env("PLIMSOLL_BOOK", cluster.address("book")?)
            .env("PLIMSOLL_KEYS", &keys);
        run::show(test.current_dir(project::root()))
    };
    run::step("examples: open, stop, provide", || {
        test(cluster, &["positions_open", "whatever_is_wrong"])
    })?;
    let bold = fs::read_to_string(keys.join("bold")).context("cannot read who is bold")?;
    let bold: Vec<_> = bold.lines().collect();
    run::step("leave two owners to the examples", || {
        cluster.keep_all_but(&bold)
    })?;
    run::step("examples: liquidate", || test(cluster, &["whoever_falls"]))?;
    cluster.keep_all_but(&[])
}
