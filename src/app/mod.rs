//! Wiring: from a configuration to a gateway that serves, and from a signal to one that has stopped.

mod backends;
mod exact;
mod forward;
mod house;
mod limits;
mod service;
mod taggers;

pub use exact::{Tables, detector_in_force};
pub use house::{apps_beside, authority_key, policy_in_force, store_and_root, store_beside};
pub use limits::outlive_file_limit;
pub use taggers::taggers;

use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::proxy::{self, Server, Stop, stop_signal};
use anyhow::Context;
use house::House;
use service::Door;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How often originals that have expired are dropped.
const PURGE_EVERY: Duration = Duration::from_mins(10);

/// Runs the gateway until SIGTERM or SIGINT.
///
/// A clean stop is exit code 0: no request in flight was cut, and the log ends with a signed checkpoint.
///
/// # Errors
/// Whatever keeps it from starting: configuration, policy, keys, data folder, audit log, addresses.
pub fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let settings = config.server.clone().check()?;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = settings.threads() {
        builder.worker_threads(threads);
    }
    let runtime = builder
        .enable_all()
        .build()
        .context("can't start threads")?;
    runtime.block_on(run(config, settings))
}

async fn run(config: Config, settings: proxy::Settings) -> anyhow::Result<ExitCode> {
    let numbers = proxy::metrics::install()?;
    let house = House::build(&config)?;
    let clock = house.clock.clone();
    let door = Arc::new(Door::new(
        Arc::clone(&house.pipeline),
        house.apps,
        house.notices,
    ));
    let (stop, done) = (Stop::new(), Stop::new());
    let data = Server::data(&settings, door.clone(), house.forward, clock, stop.clone()).await?;
    let admin = Server::admin(
        &config.admin,
        door,
        Some(numbers),
        stop.clone(),
        done.clone(),
    )
    .await?;
    tracing::info!(data = %data.address(), admin = %admin.address(), "the gateway is open");
    let admin = tokio::spawn(admin.run());
    let signal = stop_signal().context("signals can't be heard")?;
    let signal = tokio::spawn(async move {
        signal.await;
        tracing::info!("told to stop: taking no new connections, letting requests finish");
        stop.stop();
    });
    let purge = tokio::spawn(purge(Arc::clone(&house.pipeline)));
    let drained = data.run().await;
    signal.abort();
    purge.abort();
    for worker in &house.workers {
        worker.stop().await;
    }
    house
        .audit
        .close()
        .await
        .context("the audit log could not be closed")?;
    done.stop();
    admin.await.context("the admin listener failed")?;
    if drained.cut > 0 {
        tracing::warn!(
            cut = drained.cut,
            "the drain time was over before all requests had ended"
        );
        return Ok(ExitCode::FAILURE);
    }
    tracing::info!("the gateway is closed; no request was lost");
    Ok(ExitCode::SUCCESS)
}

/// Drops what has expired in the vault, now and then for as long as the gateway runs.
async fn purge(pipeline: Arc<Pipeline>) {
    let mut ticks = tokio::time::interval(PURGE_EVERY);
    loop {
        ticks.tick().await;
        let pipeline = Arc::clone(&pipeline);
        match tokio::task::spawn_blocking(move || pipeline.purge()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(rows)) => tracing::info!(rows, "expired originals were dropped from the vault"),
            Ok(Err(error)) => tracing::warn!(%error, "expired originals could not be dropped"),
            Err(_) => return,
        }
    }
}
