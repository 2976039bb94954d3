//! The audit log over the gateway's life: complete, verifiable, without a value, and the condition for sending at all.

use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::client::Exchange;
use crate::gateway::{Gateway, Home, Setup, UPSTREAM, hunt};
use crate::planted::PLANTED;
use crate::requests::{ask, ask_streamed, everything};
use crate::upstream::eventually;

#[test]
fn the_log_tells_of_every_request_and_reply_without_a_value() {
    let gateway = Gateway::start(&UPSTREAM, &Setup::default());
    let home = gateway.home.clone();
    let plain = gateway.chat(&ask("audit", &everything()));
    let streamed = gateway.chat(&ask_streamed(
        "audit",
        "Call 13812345678 or 13812345678, CVV 737",
    ));
    home.verify();
    for (answer, findings, removed) in [
        (
            &plain,
            json!({"EMAIL": 3, "PERSON": 4, "SECRET": 3, "BANK_CARD": 4}),
            None,
        ),
        (&streamed, json!({"CN_MOBILE": 1, "CVV": 1}), Some(1)),
    ] {
        let id = answer.header("x-vestibule-request-id").unwrap();
        eventually("both entries are there", || home.audit_of(id).len() == 2);
        let entries = home.audit_of(id);
        let (request, reply) = (&entries[0], &entries[1]);
        assert_eq!(request["kind"], "llm.request");
        assert_eq!(
            (&request["decision"], &request["destination"]),
            (&json!("send"), &json!("deepseek"))
        );
        assert_eq!(
            (&request["app"], &request["model"]),
            (&json!("anonymous"), &json!("deepseek-flash"))
        );
        assert_eq!(request["residual"], json!([]));
        for (entity, count) in findings.as_object().unwrap() {
            assert_eq!(&request["findings"][entity], count, "{request}");
        }
        assert_eq!(
            request["operators"]["redact"].as_u64(),
            removed,
            "{request}"
        );
        assert_eq!(
            (&request["policy"]["name"], &request["policy"]["version"]),
            (&json!("default"), &json!("1"))
        );
        assert_eq!(
            (&reply["kind"], &reply["outcome"]),
            (&json!("llm.reply"), &json!("complete"))
        );
        assert_eq!(reply["bytes_out"], answer.body.len());
        assert!(reply["numbers"]["restored"].as_u64() > Some(0), "{reply}");
    }
    let text = home.run(&["audit", "list", "--limit", "0"]);
    hunt(&text.stdout, "audit list");
    assert_eq!(gateway.stop().code(), Some(0));
    home.verify();
    let kinds: Vec<_> = home
        .audit()
        .iter()
        .map(|entry| entry["kind"].clone())
        .collect();
    assert_eq!(
        (kinds.first(), kinds.last()),
        (Some(&json!("node.start")), Some(&json!("node.stop")))
    );
}

#[test]
fn a_changed_entry_shows() {
    let gateway = Gateway::start(&UPSTREAM, &Setup::default());
    let home = gateway.home.clone();
    assert_eq!(
        gateway.chat(&ask("tampered", "Call 13812345678")).status,
        200
    );
    assert_eq!(gateway.stop().code(), Some(0));
    home.verify();
    let records = rusqlite::Connection::open(home.data().join("records.db")).unwrap();
    let changed = records.execute(
        r#"UPDATE log SET bytes = CAST(replace(CAST(bytes AS TEXT), '"CN_MOBILE":1', '"CN_MOBILE":0') AS BLOB)
           WHERE instr(CAST(bytes AS TEXT), '"CN_MOBILE":1')"#,
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    drop(records);
    assert_eq!(home.run(&["audit", "verify"]).status.code(), Some(1));
}

/// Asks until the gateway dies; gives the ids of the requests that were answered.
fn load(gateway: &Gateway, round: usize, killed: &AtomicBool) -> Vec<String> {
    let mut answered = Vec::new();
    for number in 0.. {
        let text = format!("Call 138{round:02}{number:06} now, {}", PLANTED[0].text());
        let body = ask("killed", &text);
        let answer = Exchange::begin(gateway.data, "POST", "/v1/chat/completions", &[], &body)
            .and_then(Exchange::finish);
        match answer {
            Ok(answer) if answer.whole => {
                assert_eq!(answer.status, 200, "{}", answer.text());
                answered.push(answer.header("x-vestibule-request-id").unwrap().to_owned());
            }
            _ if killed.load(Ordering::SeqCst) => break,
            broken => panic!("failed before the kill: {broken:?}"),
        }
    }
    answered
}

#[test]
fn a_gateway_that_is_killed_again_and_again_forgets_no_request_that_it_answered() {
    for durability in ["fsync", "os"] {
        let home = Home::new();
        let setup = Setup {
            log: "info",
            more: format!("[audit]\ndurability = \"{durability}\"\ncheckpoint_every_s = 1\n"),
            ..Setup::default()
        };
        let mut answered = BTreeSet::new();
        for round in 0..5 {
            let gateway = Gateway::start_in(&home, &UPSTREAM, &setup);
            let killed = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let apps: Vec<_> = (0..4)
                    .map(|app| {
                        scope.spawn({
                            let (gateway, killed) = (&gateway, &killed);
                            move || load(gateway, round * 4 + app, killed)
                        })
                    })
                    .collect();
                std::thread::sleep(Duration::from_millis(150 + 130 * round as u64));
                killed.store(true, Ordering::SeqCst);
                gateway.kill_now();
                for app in apps {
                    answered.extend(app.join().unwrap());
                }
            });
            drop(gateway);
            home.verify();
            home.hunt();
        }
        let entries = home.audit();
        let recorded: BTreeSet<&str> = entries
            .iter()
            .filter(|entry| entry["kind"] == "llm.request")
            .filter_map(|entry| entry["request_id"].as_str())
            .collect();
        println!(
            "{durability}: {} answered, {} recorded",
            answered.len(),
            recorded.len()
        );
        assert!(answered.len() > 50, "hardly any load: {}", answered.len());
        let lost = answered
            .iter()
            .filter(|id| !recorded.contains(id.as_str()))
            .count();
        assert_eq!(lost, 0, "{durability}");
        let gateway = Gateway::start_in(&home, &UPSTREAM, &setup);
        assert_eq!(gateway.chat(&ask("killed", "Still there?")).status, 200);
        assert_eq!(gateway.stop().code(), Some(0));
        home.verify();
    }
}

/// Nothing leaves any more, and the gateway says so at both listeners.
fn assert_closed(gateway: &Gateway, case: &str) {
    let body = ask(
        case,
        "Call 13812345678 or write to lena.fischer@example.org",
    );
    let answer = gateway.chat(&body);
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "audit_unavailable"),
        "{}",
        answer.text()
    );
    assert!(answer.header("retry-after").is_some());
    assert!(UPSTREAM.seen(case).is_empty(), "it left unrecorded");
    let stream = gateway.chat(&ask_streamed(case, "Hello."));
    assert_eq!(
        (stream.status, stream.code().as_str()),
        (503, "audit_unavailable")
    );
    assert!(UPSTREAM.seen(case).is_empty(), "it left unrecorded");
    eventually("it is not ready", || gateway.ask("/readyz").status == 503);
    assert_eq!(gateway.ask("/healthz").status, 200);
}

#[test]
fn a_full_disk_closes_the_gateway_and_room_opens_it_again() {
    let gateway = Gateway::start(&UPSTREAM, &Setup::default());
    let mut answered = Vec::new();
    let mut ask_one = |case: &str| {
        let answer = gateway.chat(&ask(case, "Call 13812345678, or lena.fischer@example.org"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answered.push(answer.header("x-vestibule-request-id").unwrap().to_owned());
    };
    ask_one("disk-before");
    // As on a full disk, no write of the gateway succeeds: not of the store, not of its own log.
    gateway.limit_files(Some(0));
    assert_closed(&gateway, "disk-full");
    gateway.limit_files(None);
    eventually("it is ready again", || gateway.ask("/readyz").status == 200);
    ask_one("disk-after");
    let home = gateway.home.clone();
    home.verify();
    assert_eq!(gateway.stop().code(), Some(0));
    home.verify();
    for id in answered {
        assert_eq!(home.audit_of(&id).len(), 2);
    }
}

/// A limit on the size of files would end the process by a signal: gateway, worker and tools share the handling.
#[test]
fn a_tool_without_room_says_so_and_is_not_killed() {
    let home = Home::new();
    home.configure(&UPSTREAM, &Setup::default());
    let output = home.run_without_room(&["key", "add", "billing"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{:?} {said}", output.status);
}

#[test]
fn a_disk_that_fills_up_under_load_loses_nothing_that_was_answered() {
    let gateway = Gateway::start(&UPSTREAM, &Setup::default());
    gateway.limit_files(Some(600_000));
    let answered: Vec<String> = std::thread::scope(|scope| {
        let fill = |app: usize| {
            let gateway = &gateway;
            scope.spawn(move || {
                let mut answered = Vec::new();
                for number in 0.. {
                    let many: String = (0..20).fold(String::from("手机："), |mut text, n| {
                        write!(text, "13{app}{:08}，", number * 20 + n).unwrap();
                        text
                    });
                    let answer = gateway.chat(&ask("disk-filling", &many));
                    if answer.status != 200 {
                        assert_eq!(answer.code(), "audit_unavailable");
                        break;
                    }
                    answered.push(answer.header("x-vestibule-request-id").unwrap().to_owned());
                }
                answered
            })
        };
        let apps: Vec<_> = (0..4).map(fill).collect();
        let answered = apps.into_iter().flat_map(|app| app.join().unwrap());
        answered.collect()
    });
    assert!(!answered.is_empty());
    assert_eq!(
        UPSTREAM.seen("disk-filling").len(),
        answered.len(),
        "one left unrecorded"
    );
    let home = gateway.home.clone();
    gateway.kill();
    home.verify();
    let entries = home.audit();
    let recorded: BTreeSet<&str> = entries
        .iter()
        .filter(|entry| entry["kind"] == "llm.request")
        .filter_map(|entry| entry["request_id"].as_str())
        .collect();
    println!("full after {} requests", answered.len());
    assert!(answered.iter().all(|id| recorded.contains(id.as_str())));
}
