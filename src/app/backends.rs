//! Sets up the destinations that the configuration names and the policy knows.

use crate::base::Clock;
use crate::config::Config;
use crate::infer::local::{LocalBackend, ModelFile, Settings};
use crate::infer::models::{Catalogue, Folder, Quiet};
use crate::infer::remote::{OPENAI_COMPATIBLE, Remote};
use crate::infer::{Backend, DestinationConfig, Health, LocalConfig, Reach, cloud};
use crate::policy::{Policy, Trust};
use std::path::Path;
use std::sync::Arc;

/// The model that a local destination has where none is named.
const DEFAULT_MODEL: &str = "smollm2-135m";

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
                if let Some(worker) = local_worker(config, name, local, clock)? {
                    set_up.workers.push(Arc::clone(&worker));
                    set_up.backends.push(worker);
                }
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

/// Starts the worker of a local destination, if its model file is here.
fn local_worker(
    config: &Config,
    name: &str,
    local: &LocalConfig,
    clock: &Clock,
) -> anyhow::Result<Option<Arc<LocalBackend>>> {
    let settings = Settings::check(name, local)?;
    let wanted = local.model.as_deref().unwrap_or(DEFAULT_MODEL);
    let file = match model_file(config, wanted) {
        Ok(file) => file,
        Err(error) => {
            tracing::warn!(destination = name, %error, "there is no model in the building: what may not leave is refused");
            return Ok(None);
        }
    };
    Ok(Some(Arc::new(LocalBackend::start(
        name,
        local,
        settings,
        file,
        clock.clone(),
    ))))
}

/// A path stands for itself; a name is looked up in the catalogue and the models folder, and its file is checked.
fn model_file(config: &Config, wanted: &str) -> anyhow::Result<ModelFile> {
    let path = Path::new(wanted);
    if path.is_absolute()
        || path
            .extension()
            .is_some_and(|extension| extension == "gguf")
    {
        anyhow::ensure!(path.is_file(), "there is no file `{wanted}`");
        return Ok(ModelFile::at(path));
    }
    let folder = Folder::at(config.models.folder(&config.data)?);
    let catalogue = Catalogue::built_in()?;
    let model = catalogue.find(wanted)?;
    let path = folder.usable(model, &Quiet)?;
    let sha256 = folder.expected(model).map(|hash| hash.to_string());
    Ok(ModelFile {
        name: model.name.clone(),
        path,
        sha256,
    })
}

fn tell(set_up: &SetUp) {
    for backend in &set_up.backends {
        match backend.health() {
            Health::Down { reason, .. } => {
                tracing::warn!(
                    destination = backend.name(),
                    reason = reason.as_str(),
                    "a destination is down"
                );
            }
            Health::Up | Health::Starting => {
                tracing::info!(destination = backend.name(), "a destination is set up");
            }
        }
    }
    let cloud = set_up.backends.len() - set_up.workers.len();
    let up = set_up
        .backends
        .iter()
        .filter(|backend| backend.health() == Health::Up)
        .count();
    if up == 0 && !set_up.workers.is_empty() && cloud > 0 {
        tracing::warn!(
            "no destination outside has a key: everything is answered by the model in the building"
        );
    }
}
