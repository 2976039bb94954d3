//! Sets up the destinations that the configuration names and the policy knows.

use crate::base::Clock;
use crate::config::Config;
use crate::infer::local::LocalBackend;
use crate::infer::models::Folder;
use crate::infer::remote::{OPENAI_COMPATIBLE, Remote};
use crate::infer::{Backend, DestinationConfig, DownReason, Health, Reach, cloud};
use crate::policy::{Policy, Trust};
use std::sync::Arc;

/// Destinations that are there.
pub(super) struct SetUp {
    pub(super) backends: Vec<Arc<dyn Backend>>,
    pub(super) workers: Vec<Arc<LocalBackend>>,
}

/// Makes every backend; says in the log which destinations are not there, and why.
pub(super) fn set_up(config: &Config, policy: &Policy, clock: &Clock) -> anyhow::Result<SetUp> {
    let mut set_up = SetUp {
        backends: Vec::new(),
        workers: Vec::new(),
    };
    let models = Folder::at(config.models.folder(&config.data)?);
    for place in policy.destinations() {
        let name = &*place.name;
        let reach = match place.trust {
            Trust::Inside => Reach::Inside,
            Trust::Outside => Reach::Outside,
        };
        match config.destinations.get(name) {
            None => tracing::warn!(
                destination = name,
                "the policy names it, the configuration does not: it is not there"
            ),
            Some(DestinationConfig::Deepseek(remote)) => {
                set_up.backends.push(Arc::new(cloud::deepseek(
                    name,
                    remote,
                    reach,
                    clock.clone(),
                )?));
            }
            Some(DestinationConfig::Openai(remote)) => {
                let remote = Remote::new(name, remote, &OPENAI_COMPATIBLE, reach, clock.clone())?;
                set_up.backends.push(Arc::new(remote));
            }
            Some(DestinationConfig::Local(local)) => {
                let worker = Arc::new(LocalBackend::start(name, local, &models, clock.clone())?);
                set_up.workers.push(Arc::clone(&worker));
                set_up.backends.push(worker);
            }
        }
    }
    for name in config
        .destinations
        .keys()
        .filter(|name| !known(policy, name))
    {
        tracing::warn!(destination = %name, "the configuration names it, the policy does not: nothing is sent there");
    }
    tell(&set_up);
    Ok(set_up)
}

fn known(policy: &Policy, name: &str) -> bool {
    policy
        .destinations()
        .iter()
        .any(|place| *place.name == *name)
}

fn tell(set_up: &SetUp) {
    for backend in &set_up.backends {
        match backend.health() {
            Health::Down { reason, .. } => {
                let (destination, reason) = (backend.name(), reason.as_str());
                tracing::warn!(destination, reason, "a destination is down");
            }
            Health::Up | Health::Starting => {
                tracing::info!(destination = backend.name(), "a destination is set up");
            }
        }
    }
    let is = |backend: &Arc<dyn Backend>, wanted: DownReason| matches!(backend.health(), Health::Down { reason, .. } if reason == wanted);
    if set_up
        .backends
        .iter()
        .any(|backend| is(backend, DownReason::NoKey))
    {
        tracing::warn!(
            "a destination has no key (DeepSeek's is read from `DEEPSEEK_API_KEY`): the others answer in its stead"
        );
    }
    if set_up
        .backends
        .iter()
        .any(|backend| is(backend, DownReason::NoModel))
    {
        tracing::warn!(
            "there is no model in the building: what may not leave is refused; `vestibule model pull smollm2-135m` brings one"
        );
    }
}
