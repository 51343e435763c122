//! The web app and its configuration, from the cluster that it shows.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{ensure, Context, Result};
use axum::routing::get;
use axum::{Json, Router};
use plimsoll_migrations::params::Params;
use serde_json::{json, Map, Value};
use tower_http::services::ServeDir;

/// Where the app's parts come from.
pub struct Site<'a> {
    /// Folder of the built app.
    pub app: Option<&'a Path>,
    /// The file of addresses that the set-up wrote.
    pub addresses: PathBuf,
    /// JSON-RPC of the cluster.
    pub rpc: &'a str,
    /// Its web socket.
    pub ws: &'a str,
}

/// The routes: `/config.json`, and the app where there is one.
///
/// # Errors
/// The folder holds no built app.
pub fn router(site: &Site<'_>, params: &Params) -> Result<Router> {
    let mut symbols = Map::new();
    for asset in &params.assets {
        let id = asset.oracle.feed_id;
        symbols.insert(hex::encode(id), asset.symbol.clone().into());
    }
    let config = json!({
        "cluster": "localnet",
        "rpc": site.rpc,
        "ws": site.ws,
        // Both are beside the page.
        "history": ".",
        "faucet": ".",
        "symbols": symbols,
    });
    let addresses = site.addresses.clone();
    // The exchange may be set up after this has started.
    let answer = move || async move { Json(with_book(config.clone(), &addresses)) };
    let router = Router::new().route("/config.json", get(answer));
    let Some(app) = site.app else {
        return Ok(router);
    };
    ensure!(
        app.join("index.html").is_file(),
        "expected the built app in {}, found no index.html",
        app.display()
    );
    Ok(router.fallback_service(ServeDir::new(app)))
}

fn with_book(mut config: Value, addresses: &Path) -> Value {
    if let Ok(book) = book(addresses) {
        config["book"] = book;
    }
    config
}

fn book(addresses: &Path) -> Result<Value> {
    let file: Value = serde_json::from_str(&fs::read_to_string(addresses)?)?;
    file.get("book").cloned().context("no book")
}

/// The web socket of a JSON-RPC: Solana's nodes have it one port above.
pub fn web_socket(rpc: &str) -> String {
    let url = rpc.replacen("http", "ws", 1);
    let port = url.rsplit_once(':').and_then(|(host, port)| {
        let port = port.trim_end_matches('/').parse::<u16>().ok()?;
        Some(format!("{host}:{}", port.checked_add(1)?))
    });
    port.unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::web_socket;

    #[test]
    fn the_web_socket_is_one_port_above() {
        assert_eq!(web_socket("http://127.0.0.1:8899"), "ws://127.0.0.1:8900");
        assert_eq!(web_socket("http://[::1]:18899/"), "ws://[::1]:18900");
        assert_eq!(
            web_socket("https://rpc.example.com"),
            "wss://rpc.example.com"
        );
    }
}
