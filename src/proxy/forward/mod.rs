//! The gateway as a forward proxy: what apps name in `HTTPS_PROXY`.
//!
//! `CONNECT` and requests in absolute form arrive on the data listener. Hosts that the configuration intercepts are
//! opened with a certificate of the local authority, and what comes inside goes the way of every request: the host says
//! nothing about where it goes. Other hosts are refused, or passed on unseen where a list has them, and recorded either
//! way. What an app says inside (`Authorization` with a provider's key) stays here; `Proxy-Authorization` with a key of
//! ours says which app it is.
//!
//! Host names are recorded as the configuration's list has them, never as an app asked for them: text of an app is not
//! for the log.
//!
//! The way in: `desk` (what is asked for and who asks) → `tls` (opened) or `tunnel` and `plain` (passed on).
//! Refuses to know: bodies of chats, destinations.

mod config;
mod desk;
mod fault;
mod hello;
mod line;
mod plain;
mod reach;
mod record;
mod rules;
mod target;
mod tls;
mod tunnel;
mod who;

pub use config::{Config, Mode, OtherHosts, Settings};
pub(super) use desk::{Desk, Looked};
pub(super) use line::{Handed, Line, Onward};
pub(super) use tunnel::tunnel;

use crate::audit::AuditLog;
use crate::authority::Leaves;

/// What makes a listener a forward proxy.
#[derive(Debug)]
pub struct Forward {
    settings: Settings,
    leaves: Leaves,
    audit: AuditLog,
}

impl Forward {
    /// With certificates of this authority and records in this log.
    pub const fn new(settings: Settings, leaves: Leaves, audit: AuditLog) -> Self {
        Self {
            settings,
            leaves,
            audit,
        }
    }
}
