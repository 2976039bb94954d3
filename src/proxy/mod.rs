//! *receive*: the two listeners, TLS, who is calling, and the way from HTTP to a call and back.
//!
//! The way in: [`Server::data`] and [`Server::admin`] bind, [`Server::run`] serves until a [`Stop`] is thrown and then
//! drains. A connection passes `server` (accept, caps) → `connection` (TLS, HTTP, time limits) → `stack` (the tower
//! layers, in one place) → `forward` (what is for other hosts) → `receive` or `admin` (the doors) → [`ChatService`], which `app.rs` implements. Every error
//! becomes HTTP in `rescue`.
//!
//! Refuses to know: JSON of requests, policy, destinations. Holds no text of a request longer than the call takes, and
//! writes none of it to logs, metrics or errors. Of client headers only those that `protocol::headers` lets pass go on.

mod activity;
mod admin;
mod answer;
mod body;
mod connection;
mod credential;
mod forward;
mod ids;
mod layers;
mod manners;
pub mod metrics;
mod paths;
mod peers;
mod receive;
mod rescue;
mod server;
mod service;
mod settings;
mod stack;
mod stop;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

pub use forward::{
    Config as ForwardConfig, Forward, Mode as ForwardMode, OtherHosts, Settings as ForwardSettings,
};
pub use server::{Drained, Server};
pub use service::ChatService;
pub use settings::{AdminConfig, Config, Cors, Settings};
pub use stop::{Stop, stop_signal};

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a listener can't be started; each is for the one who runs the gateway to mend.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The address is taken, not ours, or not allowed.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A certificate or key that can't be used.
    #[error("`{path}` {problem}", path = path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A value out of its range.
    #[error("`{key}` must {must}")]
    Setting {
        /// The configuration key.
        key: &'static str,
        /// What it must be.
        must: String,
    },
    /// The metrics recorder can't be installed.
    #[error("the metrics recorder can't be installed: another one is there already")]
    Metrics,
}
