//! What can be seen from outside: logs, `/metrics` and `/healthz`.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::Router;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::config::Observe;

/// Seconds without news of a keeper that knows everything after which it is not well.
const PATIENCE: i64 = 15;

/// When the keeper last knew everything, unix seconds.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<AtomicI64>);

impl Pulse {
    /// It does now.
    pub fn beat(&self) {
        self.0.store(unix_time(), Ordering::Relaxed);
    }

    fn is_well(&self) -> bool {
        unix_time().saturating_sub(self.0.load(Ordering::Relaxed)) <= PATIENCE
    }
}

fn unix_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// Begins to write logs; the environment's RUST_LOG goes before the configuration.
pub fn log(observe: &Observe) {
    let filter = EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(&observe.log));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second call, in tests, changes nothing.
    let _ = if observe.json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
}

/// Serves metrics and health; nothing where no address is given.
///
/// # Errors
/// An address that is taken or none.
pub async fn serve(observe: &Observe, pulse: Pulse) -> Result<()> {
    if observe.listen.is_empty() {
        return Ok(());
    }
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let listener = TcpListener::bind(&observe.listen).await;
    let listener =
        listener.with_context(|| format!("observe.listen: {} cannot be served", observe.listen))?;
    let router =
        Router::new()
            .route(
                "/metrics",
                get(
                    |State((metrics, _)): State<(PrometheusHandle, Pulse)>| async move {
                        metrics.render()
                    },
                ),
            )
            .route("/healthz", get(health))
            .with_state((metrics, pulse));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics are not served any more");
        }
    });
    Ok(())
}

async fn health(State((_, pulse)): State<(PrometheusHandle, Pulse)>) -> (StatusCode, &'static str) {
    if pulse.is_well() {
        (StatusCode::OK, "well\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no news of the chain\n")
    }
}
