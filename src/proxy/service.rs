//! What *receive* asks of the house behind it, and what it gives and gets.
//!
//! Refuses to know: how a call is answered. The only implementation is wired in `app.rs`; tests have a scripted one.

use super::rescue::Fault;
use crate::pipeline::{Call, Refusal, Reply};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// The house behind the door.
pub trait ChatService: Send + Sync + 'static {
    /// Answers one chat call; dropping the future, or the reply's stream, cancels the call.
    fn chat(&self, call: Call) -> BoxFuture<'static, Result<Reply, Refusal>>;

    /// The JSON body of `/v1/models` for this app.
    fn models(&self, app: &str) -> Bytes;

    /// The balance of the account at a destination, for an app that may know it.
    fn balance(&self, _app: &str) -> BoxFuture<'static, Result<Reply, Refusal>> {
        Box::pin(async { Err(Fault::NotOffered.into()) })
    }

    /// The app that this key belongs to.
    ///
    /// `key` is `None` only where `open` is true: a loopback listener whose configuration lets apps in without a key of
    /// ours. Where `open` is true and a key is given, it has our prefix and must be right all the same.
    ///
    /// # Errors
    ///
    /// A refusal with status 401 where the key is unknown, expired or withdrawn.
    fn authenticate(&self, key: Option<&str>, open: bool) -> Result<Arc<str>, Refusal>;

    /// Whether calls can be answered now; the reason why not holds no secret and no path.
    ///
    /// # Errors
    ///
    /// The reason, for `/readyz`.
    fn ready(&self) -> Result<(), String>;

    /// What whoever watches should know of a gateway that is ready, for `/readyz`; holds no secret and no path.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }
}
