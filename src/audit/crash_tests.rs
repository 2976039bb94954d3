//! kill −9 in a loop: what was acknowledged is there, and the log verifies.
//!
//! The test runs its own executable as the gateway that is killed.

use super::*;
use crate::store::{SqliteStore, VaultRow};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

const FOLDER: &str = "VESTIBULE_TEST_CRASH_FOLDER";

fn vault_row(number: u64) -> VaultRow {
    VaultRow {
        scope: [1; 16],
        surrogate: format!("EMAIL_{number:010}"),
        entity: "EMAIL".to_owned(),
        blind_index: [2; 16],
        sealed: vec![3; 80],
        created: number,
        expires: u64::MAX >> 1,
    }
}

/// The gateway: writes from four tasks and prints each number that was acknowledged. Does nothing in a usual test run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateway_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let durability = if folder.ends_with("os") {
        Durability::Os
    } else {
        Durability::Fsync
    };
    let settings = Config {
        durability,
        checkpoint_every_s: 1,
        ..Config::default()
    }
    .check()
    .unwrap();
    let store = Arc::new(SqliteStore::open(&folder, durability).unwrap());
    let key = Key32::from_bytes([5; 32]);
    let log = AuditLog::open(store, &key, &settings, &folder, Clock::system()).unwrap();
    let mut tasks = Vec::new();
    for task in 0..4_u64 {
        let log = log.clone();
        tasks.push(tokio::spawn(async move {
            let begin = u64::from(std::process::id()) * 1_000_000 + task * 100_000;
            for number in begin.. {
                let write = Write {
                    vault: vec![vault_row(number)],
                    ..Write::default()
                };
                let sequence = log.record(Entry::default(), write).await.unwrap();
                println!("acknowledged {sequence} {number}");
                log.record_later(Entry {
                    kind: Kind::LlmReply,
                    ..Entry::default()
                });
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

/// Runs the gateway for a while, kills it, and returns what it acknowledged.
fn run_and_kill(folder: &Path, millis: u64) -> Vec<(u64, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "audit::crash_tests::gateway_that_is_killed",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let parse = |line: String| {
            let (sequence, number) = line.strip_prefix("acknowledged ")?.split_once(' ')?;
            Some((sequence.parse().ok()?, number.parse().ok()?))
        };
        lines.map_while(Result::ok).filter_map(parse).collect()
    });
    std::thread::sleep(Duration::from_millis(millis));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    for durability in ["os", "fsync"] {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join(durability);
        let mut acknowledged = Vec::new();
        for millis in [400, 150, 700, 250, 1300] {
            acknowledged.extend(run_and_kill(&folder, millis));
            let report = verify(&folder, None, &mut |_, _| ()).unwrap();
            assert_eq!(report.problems, Vec::new());
        }
        assert!(acknowledged.len() > 50, "{}", acknowledged.len());
        let store = SqliteStore::existing(&folder).unwrap();
        for (sequence, number) in acknowledged {
            assert!(store.log_rows(sequence, 1).unwrap()[0].sequence == sequence);
            let row = vault_row(number);
            assert_eq!(
                store.vault_row(&row.scope, &row.surrogate).unwrap(),
                Some(row)
            );
        }
    }
}
