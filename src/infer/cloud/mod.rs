//! Cloud services: what is particular about each, as data for the one client of [`super::remote`].
//!
//! Refuses to know: how a request is sent.

use super::config::{ConfigError, Reach, RemoteConfig};
use super::remote::{Remote, ServiceFacts};
use crate::base::Clock;
use crate::protocol::Format;

/// `DeepSeek`'s own API, as of 2026-11: `https://api.deepseek.com`, `/chat/completions`, `/responses`,
/// `/anthropic/v1/messages`, and, for strict tools, prefix completion and FIM, `/beta/chat/completions` and
/// `/beta/completions`.
///
/// Models are those of `api-docs.deepseek.com/quick_start/pricing` (read 2026-11-24); the older `deepseek-chat` and
/// `deepseek-reasoner` were switched off on 2026-07-24. Errors there: 401 wrong key, 402 no credit, 429 rate or
/// concurrency, 500 and 503 overload; the head of a reply comes before its outcome is known, and the connection is closed
/// when no token came within ten minutes.
pub const DEEPSEEK: ServiceFacts = ServiceFacts {
    base_url: Some("https://api.deepseek.com"),
    key_env: Some("DEEPSEEK_API_KEY"),
    needs_key: true,
    has_beta: true,
    speaks: &[
        Format::Chat,
        Format::Completions,
        Format::Responses,
        Format::Messages,
        Format::CountTokens,
    ],
    models: &["deepseek-flash", "deepseek-v4-pro", "deepseek-v4-flash"],
};

/// A backend for `DeepSeek`.
///
/// # Errors
///
/// When the configuration can't be used; see [`Remote::new`].
pub fn deepseek(
    name: &str,
    config: &RemoteConfig,
    reach: Reach,
    clock: Clock,
) -> Result<Remote, ConfigError> {
    Remote::new(name, config, &DEEPSEEK, reach, clock)
}
