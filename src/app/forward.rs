//! Sets up the forward proxy, where the configuration wants one and there is a local authority.

use crate::audit::{AuditLog, Entry, Kind};
use crate::authority::{Authority, Leaves};
use crate::base::Clock;
use crate::config::Config;
use crate::crypto::{CryptoError, Key32, RootKey};
use crate::proxy::{Forward, ForwardMode};
use crate::store::Store;
use anyhow::bail;
use std::sync::Arc;
use std::time::Duration;

/// An authority that ends within this time should be made anew.
const SOON: Duration = Duration::from_hours(24 * 30);

/// The key that seals the authority's.
pub(super) fn wrapping(root: &RootKey) -> Result<Key32, CryptoError> {
    root.derive("authority/wrap/1", &[])
}

/// The forward proxy, if there is to be one.
pub(super) fn set_up(
    config: &Config,
    store: &Arc<dyn Store>,
    root: &RootKey,
    audit: &AuditLog,
    clock: &Clock,
) -> anyhow::Result<Option<Forward>> {
    let settings = config.forward.check()?;
    if settings.mode == ForwardMode::Off {
        return Ok(None);
    }
    let Some(authority) = Authority::open(store.as_ref(), &wrapping(root)?)? else {
        if settings.mode == ForwardMode::On {
            bail!(
                "`forward.mode` is \"on\", but there is no local authority: make one with `vestibule ca new`"
            );
        }
        return Ok(None);
    };
    let public = authority.public();
    for host in settings
        .intercepted()
        .iter()
        .filter(|host| !public.covers(host))
    {
        tracing::warn!(%host, "the local authority is not for this host, so it can't be reached through the proxy: `vestibule ca new --replace`");
    }
    if public.not_after.since(clock.now()) < SOON {
        tracing::warn!(
            "the local authority ends within 30 days, or has ended: `vestibule ca new --replace`"
        );
    }
    tracing::info!(
        authority = public.name,
        "the gateway is a forward proxy too"
    );
    audit.record_later(Entry {
        kind: Kind::AuthorityActive,
        actor: format!("sha256:{}", public.fingerprint()),
        ..Entry::default()
    });
    Ok(Some(Forward::new(
        settings,
        Leaves::new(authority, clock.clone()),
        audit.clone(),
    )))
}
