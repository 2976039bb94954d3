use super::*;
use crate::store::journal::FrameWriter;

/// Numbers entries and keeps their bytes; takes back what was not committed.
struct Counter {
    next: u64,
    committed: u64,
}

impl Sequencer for Counter {
    fn next(&mut self, body: &[u8], bytes: &mut Vec<u8>, hashes: &mut Vec<u8>) -> u64 {
        bytes.extend_from_slice(body);
        hashes.push(self.next as u8);
        self.next += 1;
        self.next - 1
    }

    fn committed(&mut self) {
        self.committed = self.next;
    }

    fn rolled_back(&mut self) {
        self.next = self.committed;
    }
}

fn body(text: &str) -> Body {
    Body {
        time: 7,
        bytes: text.as_bytes().to_vec(),
    }
}

fn key(kind: &str, id: u8, blob: &[u8]) -> KeyRow {
    KeyRow {
        kind: kind.to_owned(),
        id: vec![id],
        blob: blob.to_vec(),
        facts: "{}".to_owned(),
        created: 5,
    }
}

fn open(path: &Path, durability: Durability) -> SqliteStore {
    let store = SqliteStore::open(path, durability).unwrap();
    let next = store.log_size().unwrap();
    store
        .attach(Box::new(Counter {
            next,
            committed: next,
        }))
        .unwrap();
    store
}

async fn append(store: &SqliteStore, text: &str) -> Result<u64, StoreError> {
    store.append(body(text), Write::default()).await
}

fn texts(store: &SqliteStore) -> Vec<String> {
    let rows = store.log_rows(0, 10_000).unwrap();
    rows.into_iter()
        .map(|row| String::from_utf8(row.bytes.unwrap()).unwrap())
        .collect()
}

fn vault(surrogate: &str, expires: u64) -> VaultRow {
    VaultRow {
        scope: [1; 16],
        surrogate: surrogate.to_owned(),
        entity: "EMAIL".to_owned(),
        blind_index: [2; 16],
        sealed: vec![3; 50],
        created: 4,
        expires,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_of_many_tasks_get_each_a_place_and_none_is_lost() {
    for durability in [Durability::Os, Durability::Fsync] {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(open(&folder.path().join("data"), durability));
        let tasks: Vec<_> = (0..40)
            .map(|task| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let mut places = Vec::new();
                    for number in 0..25 {
                        let text = format!("{task} {number}");
                        places.push((append(&store, &text).await.unwrap(), text));
                        store.append_later(body("later"));
                    }
                    places
                })
            })
            .collect();
        let mut places = Vec::new();
        for task in tasks {
            places.extend(task.await.unwrap());
        }
        store.close().unwrap();
        let texts = texts(&store);
        assert_eq!(texts.len(), 2_000);
        for (sequence, text) in places {
            assert_eq!(texts[sequence as usize], text);
        }
    }
}

#[tokio::test]
async fn keys_vault_rows_and_entry_are_there_together_and_stay_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data"), Durability::Fsync);
    let write = |blob: &[u8], expires| Write {
        keys: vec![key("scope", 1, blob)],
        vault: vec![vault("EMAIL_A", expires)],
    };
    assert_eq!(store.append(body("a"), write(b"first", 100)).await, Ok(0));
    assert_eq!(store.append(body("b"), write(b"second", 200)).await, Ok(1));
    assert_eq!(
        store.key("scope", &[1]).unwrap(),
        Some(key("scope", 1, b"first"))
    );
    assert_eq!(
        store.vault_row(&[1; 16], "EMAIL_A").unwrap(),
        Some(vault("EMAIL_A", 100))
    );
    assert_eq!(store.vault_row(&[2; 16], "EMAIL_A").unwrap(), None);
    assert_eq!(
        (store.drop_expired(100), store.drop_expired(101)),
        (Ok(0), Ok(1))
    );
    assert_eq!(store.vault_row(&[1; 16], "EMAIL_A").unwrap(), None);
    assert_eq!(store.drop_bodies(0..1), Ok(1));
    assert_eq!(store.log_rows(0, 9).unwrap()[0].bytes, None);
    assert_eq!(store.log_rows_below(9, 1).unwrap()[0].sequence, 1);
}

/// A failed batch leaves neither entry nor vault row; what nobody waited for is written when it goes again, in order.
#[tokio::test]
async fn a_failed_batch_is_taken_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data"), Durability::Os);
    append(&store, "before").await.unwrap();
    store.limit_pages(1);
    store.append_later(body(&"x".repeat(50_000)));
    store.append_later(body("second"));
    let write = Write {
        vault: vec![vault("EMAIL_A", 9)],
        ..Write::default()
    };
    assert_eq!(
        store.append(body("refused"), write).await,
        Err(StoreError::DiskFull)
    );
    assert_eq!(
        store.health(),
        Health {
            up: false,
            refused: 1,
            lost: 0
        }
    );
    assert_eq!(store.log_size(), Ok(1));
    assert_eq!(store.vault_row(&[1; 16], "EMAIL_A").unwrap(), None);
    store.limit_pages(1_000_000);
    assert_eq!(append(&store, "after").await, Ok(3));
    assert!(store.health().up);
    let texts = texts(&store);
    assert_eq!(
        [&texts[0], &texts[2], &texts[3]],
        ["before", "second", "after"]
    );
}

#[tokio::test]
async fn a_store_that_fails_when_it_is_closed_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data"), Durability::Os);
    store.limit_pages(1);
    store.append_later(body(&"x".repeat(50_000)));
    assert_eq!(store.close(), Err(StoreError::Unfinished));
    assert_eq!(append(&store, "late").await, Err(StoreError::Closed));
    assert_eq!(store.put_keys(Vec::new()), Err(StoreError::Closed));
}

#[tokio::test]
async fn without_a_sequencer_nothing_is_appended_and_the_store_is_not_to_blame() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("data"), Durability::Os).unwrap();
    assert_eq!(append(&store, "a").await, Err(StoreError::Sequencer));
    assert!(store.health().up);
}

/// A removed key's bytes are in no file of the folder any more.
#[tokio::test]
async fn a_removed_key_leaves_no_bytes_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let store = open(&path, Durability::Os);
    let secret = b"wrapped-key-bytes-that-must-vanish";
    let holders = || {
        let files = std::fs::read_dir(&path)
            .unwrap()
            .map(|file| file.unwrap().path());
        let holds = |file: &std::path::PathBuf| {
            std::fs::read(file)
                .unwrap()
                .windows(secret.len())
                .any(|bytes| bytes == secret)
        };
        files.filter(holds).count()
    };
    store
        .put_keys(vec![key("scope", 1, secret), key("scope", 2, b"other")])
        .unwrap();
    assert!(holders() > 0);
    assert!(store.remove_key("scope", &[1]).unwrap());
    assert_eq!(holders(), 0);
    assert_eq!(store.keys("scope").unwrap(), [key("scope", 2, b"other")]);
    // One that came with a request stands in the journal too.
    let write = Write {
        keys: vec![key("scope", 3, secret)],
        ..Write::default()
    };
    store.append(body("a"), write).await.unwrap();
    assert!(store.key("scope", &[3]).unwrap().is_some() && holders() > 0);
    assert!(store.remove_key("scope", &[3]).unwrap());
    assert_eq!(holders(), 0);
    assert_eq!(append(&store, "b").await, Ok(1));
    assert_eq!(store.key("scope", &[3]), Ok(None));
}

/// Leaves this in a folder's journal, as a gateway that dies before the databases have it.
fn leave(path: &Path, first: u64, texts: &[&str]) {
    let mut frame = FrameWriter::default();
    frame.begin();
    for (at, text) in texts.iter().enumerate() {
        let sequence = first + at as u64;
        let write = Write {
            keys: vec![key("scope", sequence as u8, text.as_bytes())],
            vault: vec![vault(&format!("EMAIL_{sequence}"), 100)],
        };
        frame.push(sequence, 7, (text.as_bytes(), &[]), &write);
    }
    let end = first + texts.len() as u64;
    let mut journal = Journal::open(path).unwrap();
    journal.append(frame.finish(), end, 0, true).unwrap();
}

#[tokio::test]
async fn what_a_gateway_that_died_left_is_found_by_whoever_comes_next() {
    type Opened = fn(&Path) -> SqliteStore;
    let tool: Opened = |path| SqliteStore::existing(path).unwrap();
    let gateway: Opened = |path| open(path, Durability::Fsync);
    for next in [tool, gateway] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let store = open(&path, Durability::Os);
        append(&store, "zero").await.unwrap();
        store.close().unwrap();
        drop(store);
        // The first of them the database has already.
        leave(&path, 0, &["none", "one", "two"]);
        let store = next(&path);
        assert_eq!(texts(&store), ["zero", "one", "two"]);
        for (id, text) in [(0, "none"), (1, "one"), (2, "two")] {
            let found = store.key("scope", &[id]).unwrap();
            assert_eq!(found, Some(key("scope", id, text.as_bytes())));
        }
        let rows = [(0, false), (1, true), (2, true)];
        for (number, there) in rows {
            let row = store.vault_row(&[1; 16], &format!("EMAIL_{number}"));
            assert_eq!(row.unwrap().is_some(), there, "{number}");
        }
        assert_eq!(Recovered::read(&path).unwrap().end(), None);
        drop(store);
        let store = open(&path, Durability::Os);
        assert_eq!(append(&store, "three").await, Ok(3));
    }
}

#[test]
fn a_journal_of_another_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    drop(open(&path, Durability::Os));
    leave(&path, 2, &["two"]);
    let refused = |opened: Result<SqliteStore, StoreError>| opened.err();
    let gateway = refused(SqliteStore::open(&path, Durability::Os));
    assert_eq!(gateway, Some(StoreError::Journal));
    assert_eq!(
        refused(SqliteStore::existing(&path)),
        Some(StoreError::Journal)
    );
    assert_eq!(Recovered::read(&path).unwrap().frames(0).unwrap().len(), 1);
}

/// Damage is no end: whoever opens the folder is refused, again and again, with the file as it was; what stands before the
/// damage is in the databases, and moving the files aside is a way on.
#[tokio::test]
async fn a_damaged_journal_is_refused_and_left_alone() {
    for durability in [Durability::Os, Durability::Fsync] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        drop(open(&path, durability));
        let mut journal = Journal::open(&path).unwrap();
        let mut middle = 0;
        for (sequence, text) in ["zero", "one", "two", "three"].iter().enumerate() {
            let sequence = sequence as u64;
            let mut frame = FrameWriter::default();
            frame.begin();
            frame.push(sequence, 7, (text.as_bytes(), &[]), &Write::default());
            let bytes = frame.finish();
            if sequence < 2 {
                middle += bytes.len();
            }
            journal.append(bytes, sequence + 1, 0, true).unwrap();
        }
        drop(journal);
        let file = path.join("journal-a");
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[middle + 3] ^= 16;
        std::fs::write(&file, &bytes).unwrap();
        let damaged = StoreError::JournalDamaged {
            path: file.clone(),
            at: middle as u64,
            behind: 1,
        };
        for _ in 0..2 {
            let gateway = SqliteStore::open(&path, durability).err();
            assert_eq!(gateway, Some(damaged.clone()));
            let tool = SqliteStore::existing(&path).err();
            assert_eq!(tool, Some(damaged.clone()));
            assert_eq!(std::fs::read(&file).unwrap(), bytes);
        }
        for name in ["journal-a", "journal-b"] {
            std::fs::rename(path.join(name), folder.path().join(name)).unwrap();
        }
        let store = open(&path, durability);
        assert_eq!(append(&store, "next").await, Ok(2));
        assert_eq!(texts(&store), ["zero", "one", "next"]);
    }
}

#[tokio::test]
async fn the_same_frames_in_both_files_are_taken_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    drop(open(&path, Durability::Fsync));
    leave(&path, 0, &["zero", "one"]);
    std::fs::copy(path.join("journal-a"), path.join("journal-b")).unwrap();
    let store = open(&path, Durability::Fsync);
    assert_eq!(texts(&store), ["zero", "one"]);
    drop(store);
    leave(&path, 2, &["two"]);
    std::fs::copy(path.join("journal-a"), path.join("journal-b")).unwrap();
    leave(&path, 2, &["TWO"]);
    let refused = SqliteStore::open(&path, Durability::Fsync).err();
    assert_eq!(refused, Some(StoreError::JournalTwice(2)));
}

/// A tool finds what was committed when it was opened, also beside a gateway whose databases don't have it yet.
#[tokio::test]
async fn a_tool_beside_a_gateway_finds_what_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let gateway = open(&path, Durability::Os);
    for number in 0..20 {
        append(&gateway, "entry").await.unwrap();
        let tool = SqliteStore::existing(&path).unwrap();
        assert!(tool.log_size().unwrap() > number);
    }
}

#[test]
fn keys_are_put_added_and_removed_also_beside_a_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let gateway = open(&path, Durability::Os);
    let tool = SqliteStore::beside(&path).unwrap();
    let before = gateway.keys_version().unwrap();
    tool.put_keys(vec![
        key("app", 1, b"one"),
        key("root", 1, b"r"),
        key("app", 0, b"zero"),
    ])
    .unwrap();
    assert_ne!(gateway.keys_version().unwrap(), before);
    assert_eq!(
        gateway.keys("app").unwrap(),
        [key("app", 0, b"zero"), key("app", 1, b"one")]
    );
    assert!(!gateway.add_key(key("app", 1, b"other")).unwrap());
    gateway.put_keys(vec![key("app", 0, b"new")]).unwrap();
    assert_eq!(tool.key("app", &[0]).unwrap(), Some(key("app", 0, b"new")));
    assert!(tool.remove_key("app", &[0]).unwrap());
    assert!(!tool.remove_key("app", &[0]).unwrap());
    assert_eq!(gateway.key("app", &[0]).unwrap(), None);
    assert_eq!(
        tool.attach(Box::new(Counter {
            next: 0,
            committed: 0
        })),
        Err(StoreError::Sequencer)
    );
}
