use super::*;
use crate::base::Timestamp;
use crate::store::SqliteStore;
use std::time::Duration;

const START: u64 = 1_764_000_000_000_000;

struct Fixture {
    outer: tempfile::TempDir,
    clock: Clock,
    config: Config,
}

impl Fixture {
    fn new() -> Self {
        Self {
            outer: tempfile::tempdir().unwrap(),
            clock: Clock::manual(Timestamp::from_micros(START)),
            config: Config {
                durability: Durability::Os,
                ..Config::default()
            },
        }
    }

    fn folder(&self) -> PathBuf {
        self.outer.path().join("data")
    }

    fn open(&self) -> (Arc<SqliteStore>, Result<AuditLog, AuditError>) {
        let settings = self.config.clone().check().unwrap();
        let store = Arc::new(SqliteStore::open(&self.folder(), settings.durability).unwrap());
        let shared: Arc<dyn Store> = Arc::clone(&store) as _;
        let key = Key32::from_bytes([5; 32]);
        let log = AuditLog::open(shared, &key, &settings, &self.folder(), self.clock.clone());
        (store, log)
    }

    /// A closed log of so many entries, start and stop included, with the checkpoints of two runs.
    async fn closed(entries: usize) -> Self {
        let fixture = Self::new();
        for count in [entries / 2 - 2, entries - entries / 2 - 2] {
            let log = fixture.open().1.unwrap();
            for _ in 0..count {
                fixture.clock.advance(Duration::from_millis(1));
                log.record(request("crm"), Write::default()).await.unwrap();
            }
            log.close().await.unwrap();
        }
        fixture
    }

    fn verify(&self) -> Report {
        verify(&self.folder(), None, &mut |_, _| ()).unwrap()
    }

    fn sql(&self, statement: &str) {
        let records = rusqlite::Connection::open(self.folder().join("records.db")).unwrap();
        assert!(records.execute(statement, []).unwrap() > 0, "{statement}");
    }
}

fn request(app: &str) -> Entry {
    Entry {
        app: app.into(),
        decision: "allow",
        ..Entry::default()
    }
}

#[tokio::test]
async fn entries_get_their_places_and_the_log_verifies_while_it_is_open_and_after() {
    let fixture = Fixture::new();
    let (_, log) = fixture.open();
    let log = log.unwrap();
    assert_eq!(log.record(request("a"), Write::default()).await.unwrap(), 1);
    log.record_later(Entry {
        kind: Kind::LlmReply,
        ..Entry::default()
    });
    assert_eq!(log.record(request("b"), Write::default()).await.unwrap(), 3);
    let open = fixture.verify();
    assert_eq!(
        (open.entries, open.signed, open.problems),
        (4, 0, Vec::new())
    );
    log.record_later(Entry {
        kind: Kind::LlmReply,
        ..Entry::default()
    });
    log.close().await.unwrap();
    let closed = fixture.verify();
    assert_eq!(
        (closed.entries, closed.signed, closed.checkpoints),
        (6, 6, 1)
    );
    assert_eq!(closed.problems, Vec::new());
    assert!(matches!(
        log.record(request("c"), Write::default()).await,
        Err(AuditError::Store(StoreError::Closed))
    ));
    let public = log.public_key().clone();
    assert_eq!(
        verify(&fixture.folder(), Some(&public), &mut |_, _| ()).unwrap(),
        closed
    );
}

#[tokio::test]
async fn a_log_goes_on_where_it_ended() {
    let fixture = Fixture::closed(9).await;
    let log = fixture.open().1.unwrap();
    assert_eq!(
        log.record(request("a"), Write::default()).await.unwrap(),
        10
    );
    log.close().await.unwrap();
    let report = fixture.verify();
    assert_eq!(
        (report.entries, report.checkpoints, report.problems),
        (12, 3, Vec::new())
    );
}

/// Each change of a row is seen by `verify`; those that the end of the log rests on keep a gateway from starting.
#[tokio::test]
async fn any_changed_column_is_noticed() {
    let cases = [
        "UPDATE log SET bytes = CAST(replace(bytes, 'crm', 'crn') AS BLOB) WHERE sequence = 3",
        "UPDATE log SET bytes = NULL WHERE sequence = 3",
        "UPDATE log SET time = time + 1 WHERE sequence = 3",
        "UPDATE log SET hashes = zeroblob(32) WHERE sequence = 4",
        "UPDATE log SET hashes = CAST(substr(hashes, 1, 32) || zeroblob(32) AS BLOB) WHERE sequence = 5",
        "UPDATE log SET sequence = 99 WHERE sequence = 11",
        "UPDATE log SET bytes = (SELECT bytes FROM log WHERE sequence = 2), \
         hashes = (SELECT hashes FROM log WHERE sequence = 2) WHERE sequence = 4",
        "DELETE FROM log WHERE sequence = 5",
        "DELETE FROM log WHERE sequence = 11",
        "INSERT INTO log SELECT 12, time, bytes, hashes FROM log WHERE sequence = 2",
        "UPDATE checkpoint SET size = 5 WHERE size = 6",
        "UPDATE checkpoint SET note = replace(note, 'gateway', 'gatewaz') WHERE size = 6",
        "DELETE FROM checkpoint WHERE size = 6",
        "DELETE FROM checkpoint WHERE size = 12",
    ];
    for statement in cases {
        let fixture = Fixture::closed(12).await;
        assert_eq!(fixture.verify().problems, Vec::new());
        fixture.sql(statement);
        assert_ne!(fixture.verify().problems, Vec::new(), "{statement}");
    }
}

#[tokio::test]
async fn a_gateway_does_not_start_on_a_changed_log() {
    let cases = [
        (
            "UPDATE log SET bytes = CAST(replace(bytes, 'crm', 'crn') AS BLOB) WHERE sequence = 9",
            9,
        ),
        ("UPDATE log SET hashes = zeroblob(32) WHERE sequence = 8", 8),
        ("DELETE FROM log WHERE sequence = 11", 11),
        ("DELETE FROM log WHERE sequence = 8", 8),
        (
            "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 6)",
            12,
        ),
    ];
    for (statement, expected) in cases {
        let fixture = Fixture::closed(12).await;
        fixture.sql(statement);
        let refused = fixture.open().1;
        assert!(
            matches!(refused, Err(AuditError::Broken { at, .. }) if at == expected),
            "{statement}: {refused:?}"
        );
    }
}

/// Whoever cuts off the end of the log and its checkpoints is given away by the file.
#[tokio::test]
async fn a_cut_tail_is_noticed_by_the_file() {
    let fixture = Fixture::closed(12).await;
    fixture.sql("DELETE FROM log WHERE sequence >= 6");
    fixture.sql("DELETE FROM checkpoint WHERE size = 12");
    assert!(matches!(
        fixture.open().1,
        Err(AuditError::Broken { at: 6, .. })
    ));
    let whats: Vec<&str> = fixture
        .verify()
        .problems
        .iter()
        .map(|problem| problem.what)
        .collect();
    assert!(whats.contains(&"entries are missing at the end: a checkpoint says more"));
    std::fs::remove_file(fixture.folder().join("checkpoints")).unwrap();
    let whole = Fixture::closed(12).await;
    std::fs::remove_file(whole.folder().join("checkpoints")).unwrap();
    assert_eq!(
        whole.verify().problems[0].what,
        "the file `checkpoints` is missing"
    );
}

#[tokio::test]
async fn a_checkpoint_that_a_crash_kept_from_the_file_comes_there_later() {
    let fixture = Fixture::closed(8).await;
    let path = fixture.folder().join("checkpoints");
    let whole = std::fs::read_to_string(&path).unwrap();
    let first = whole.split_inclusive("\n\n").take(2).collect::<String>();
    std::fs::write(&path, first).unwrap();
    fixture.open().1.unwrap().close().await.unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(&whole));
    assert_eq!(fixture.verify().problems, Vec::new());
}

#[tokio::test]
async fn another_wrapping_key_and_another_trusted_key_are_refused() {
    let fixture = Fixture::closed(6).await;
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&fixture.folder(), Durability::Os).unwrap());
    let settings = fixture.config.clone().check().unwrap();
    let other = Key32::from_bytes([6; 32]);
    let refused = AuditLog::open(
        store,
        &other,
        &settings,
        &fixture.folder(),
        fixture.clock.clone(),
    );
    assert!(matches!(refused, Err(AuditError::Key(_))));
    let stranger = crate::crypto::SigningKey::from_seed(&other).verifying_key();
    let stranger = LogKey::new("vestibule/gateway", stranger);
    let report = verify(&fixture.folder(), Some(&stranger), &mut |_, _| ()).unwrap();
    assert_eq!(
        report.problems[0].what,
        "a checkpoint has no valid signature"
    );
}

/// Waits for the keeper's next look, which comes each second.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..100 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it did not happen");
}

#[tokio::test]
async fn silence_is_recorded_and_checkpoints_come_by_themselves() {
    let fixture = Fixture::new();
    let (store, log) = fixture.open();
    let log = log.unwrap();
    fixture.clock.advance(Duration::from_secs(11));
    until(|| {
        store
            .last_checkpoint()
            .unwrap()
            .is_some_and(|row| row.size == 1)
    })
    .await;
    fixture.clock.advance(Duration::from_mins(15));
    until(|| store.log_size() == Ok(2)).await;
    let row = store.log_rows(1, 1).unwrap().remove(0);
    let text = String::from_utf8(row.bytes.unwrap()).unwrap();
    assert!(text.contains(r#""kind":"checkpoint.heartbeat""#));
    log.close().await.unwrap();
}

#[tokio::test]
async fn retention_drops_bodies_on_record_and_the_log_still_verifies() {
    let mut fixture = Fixture::new();
    fixture.config.keep_days = 1;
    let (store, log) = fixture.open();
    let log = log.unwrap();
    for _ in 0..5 {
        log.record(request("old"), Write::default()).await.unwrap();
    }
    fixture.clock.advance(Duration::from_secs(86_401));
    log.record(request("new"), Write::default()).await.unwrap();
    let dropped = || {
        store
            .log_rows(0, 10)
            .unwrap()
            .iter()
            .filter(|row| row.bytes.is_none())
            .count()
    };
    until(|| dropped() == 6).await;
    log.close().await.unwrap();
    drop((store, log));
    let report = fixture.verify();
    assert_eq!((report.dropped, report.problems), (6, Vec::new()));
    fixture.open().1.unwrap().close().await.unwrap();
    fixture.sql("UPDATE log SET bytes = NULL WHERE sequence = 6");
    let what = fixture.verify().problems[0].what;
    assert_eq!(what, "the entry's bytes are gone without a record of it");
}

#[tokio::test]
async fn a_full_disk_refuses_recovers_and_leaves_a_record() {
    let fixture = Fixture::new();
    let (store, log) = fixture.open();
    let log = log.unwrap();
    log.record(request("a"), Write::default()).await.unwrap();
    let big = || Entry {
        reasons: vec!["r".repeat(100_000).into()],
        ..request("b")
    };
    store.limit_pages(1);
    let refused = log.record(big(), Write::default()).await;
    assert!(
        matches!(refused, Err(AuditError::Store(StoreError::DiskFull))),
        "{refused:?}"
    );
    assert!(!log.healthy());
    log.record_later(big());
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!log.healthy());
    assert_eq!(store.log_size(), Ok(2));

    store.limit_pages(1_000_000);
    until(|| log.healthy()).await;
    log.record(big(), Write::default()).await.unwrap();
    let gap = |row: &crate::store::LogRow| {
        let text = String::from_utf8(row.bytes.clone().unwrap()).unwrap();
        text.contains(r#""kind":"audit.gap""#) && text.contains(r#"{"lost":0,"refused":1}"#)
    };
    until(|| store.log_rows(0, 10).unwrap().iter().any(gap)).await;
    assert_eq!(store.log_size(), Ok(5));
    log.close().await.unwrap();
    assert_eq!(fixture.verify().problems, Vec::new());
}

#[tokio::test]
async fn entries_are_listed_by_what_is_asked_for() {
    let fixture = Fixture::new();
    let (store, log) = fixture.open();
    let log = log.unwrap();
    for app in ["crm", "erp", "crm", "erp"] {
        fixture.clock.advance(Duration::from_secs(1));
        log.record(request(app), Write::default()).await.unwrap();
    }
    let listed = |filter: Filter| {
        let mut sequences = Vec::new();
        list(store.as_ref(), &filter, |entry| {
            sequences.push(entry.sequence);
            Ok::<(), AuditError>(())
        })
        .unwrap();
        sequences
    };
    let since = Some(Timestamp::from_micros(START + 3_000_000));
    let app = |name: &str| Some(name.to_owned());
    let cases = [
        (Filter::default(), vec![0, 1, 2, 3, 4]),
        (
            Filter {
                limit: Some(2),
                ..Filter::default()
            },
            vec![3, 4],
        ),
        (
            Filter {
                app: app("crm"),
                ..Filter::default()
            },
            vec![1, 3],
        ),
        (
            Filter {
                app: app("crm"),
                limit: Some(1),
                ..Filter::default()
            },
            vec![3],
        ),
        (
            Filter {
                kind: app("node.start"),
                ..Filter::default()
            },
            vec![0],
        ),
        (
            Filter {
                kind: app("llm."),
                limit: Some(9),
                ..Filter::default()
            },
            vec![1, 2, 3, 4],
        ),
        (
            Filter {
                since,
                ..Filter::default()
            },
            vec![3, 4],
        ),
        (
            Filter {
                since,
                app: app("erp"),
                limit: Some(9),
                ..Filter::default()
            },
            vec![4],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(listed(filter.clone()), expected, "{filter:?}");
    }
    log.close().await.unwrap();
}
