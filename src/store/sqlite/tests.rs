use super::*;

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
