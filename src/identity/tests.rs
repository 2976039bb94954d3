use super::*;
use crate::crypto::Key32;
use crate::store::{Durability, SqliteStore};
use std::path::Path;

const NOW: u64 = 1_764_000_000_000_000;

fn apps(store: Arc<dyn Store>, clock: &Clock) -> Apps {
    let mac = MacKey::new(&Key32::from_bytes([8; 32]));
    Apps::open(store, mac, clock.clone()).unwrap()
}

fn gateway(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(path, Durability::Os).unwrap())
}

fn clock() -> Clock {
    Clock::manual(Timestamp::from_micros(NOW))
}

#[test]
fn a_key_has_190_random_bits_and_names_its_app() {
    let folder = tempfile::tempdir().unwrap();
    let apps = apps(gateway(&folder.path().join("d")), &clock());
    let (one, two) = (
        apps.issue("crm", "test", None).unwrap(),
        apps.issue("erp", "", None).unwrap(),
    );
    let (first, second) = (one.secret.expose().as_str(), two.secret.expose().as_str());
    assert_eq!(
        (first.len(), first.get(4..12).unwrap()),
        (42, one.id.as_str())
    );
    assert_ne!(first, second);
    let app = apps.authenticate(Some(first)).unwrap();
    assert_eq!(
        *app,
        App {
            name: "crm".to_owned(),
            key: one.id.clone()
        }
    );
    assert_eq!(apps.authenticate(Some(second)).unwrap().name, "erp");
    assert!(!format!("{one:?}").contains(first));
}

#[test]
fn whatever_is_not_the_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let apps = apps(gateway(&folder.path().join("d")), &clock());
    let issued = apps.issue("crm", "", None).unwrap();
    let key = issued.secret.expose();
    assert!(matches!(
        apps.authenticate(None),
        Err(IdentityError::Missing)
    ));
    for at in 0..key.len() {
        let mut bytes = key.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let bad = String::from_utf8(bytes).unwrap();
        assert!(
            matches!(apps.authenticate(Some(&bad)), Err(IdentityError::Unknown)),
            "{at}"
        );
    }
    let (longer, shorter, upper) = (
        format!("{key}0"),
        key.get(..41).unwrap(),
        key.to_uppercase(),
    );
    for bad in [longer.as_str(), shorter, upper.as_str(), "", "vsk_", "密钥"] {
        assert!(matches!(
            apps.authenticate(Some(bad)),
            Err(IdentityError::Unknown)
        ));
    }
}

#[test]
fn a_key_expires_and_is_revoked_by_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let apps = apps(gateway(&folder.path().join("d")), &clock);
    let soon = Some(clock.now().plus(Duration::from_mins(1)));
    let (brief, long) = (
        apps.issue("a", "", soon).unwrap(),
        apps.issue("b", "l", None).unwrap(),
    );
    assert!(apps.authenticate(Some(brief.secret.expose())).is_ok());
    clock.advance(Duration::from_mins(1));
    assert!(matches!(
        apps.authenticate(Some(brief.secret.expose())),
        Err(IdentityError::Expired)
    ));
    assert_eq!(apps.revoke(&long.id).unwrap(), "b");
    assert!(matches!(
        apps.authenticate(Some(long.secret.expose())),
        Err(IdentityError::Revoked)
    ));
    assert_eq!(apps.revoke(brief.secret.expose()).unwrap(), "a");
    for unknown in ["00000000", "", "vsk_", "x"] {
        assert!(
            matches!(apps.revoke(unknown), Err(IdentityError::NoKey)),
            "{unknown}"
        );
    }
    let list = apps.list().unwrap();
    assert_eq!(
        list.iter().map(|key| key.app.as_str()).collect::<Vec<_>>(),
        ["a", "b"]
    );
    let expected = KeyInfo {
        id: long.id,
        app: "b".to_owned(),
        label: "l".to_owned(),
        created: NOW,
        expires: None,
        state: KeyState::Revoked,
    };
    assert_eq!(list[1], expected);
}

#[test]
fn a_gateway_sees_what_a_tool_did() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d");
    let clock = clock();
    let serving = apps(gateway(&path), &clock);
    let tool = apps(Arc::new(SqliteStore::beside(&path).unwrap()), &clock);
    let issued = tool.issue("crm", "", None).unwrap();
    std::thread::sleep(CHECK_MISS_EVERY);
    assert_eq!(
        serving
            .authenticate(Some(issued.secret.expose()))
            .unwrap()
            .name,
        "crm"
    );
    tool.revoke(&issued.id).unwrap();
    std::thread::sleep(CHECK_EVERY);
    assert!(matches!(
        serving.authenticate(Some(issued.secret.expose())),
        Err(IdentityError::Revoked)
    ));
}

#[test]
fn a_row_that_was_given_to_another_app_or_more_life_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = gateway(&folder.path().join("d"));
    let clock = clock();
    let apps = apps(Arc::clone(&store), &clock);
    let soon = Some(clock.now().plus(Duration::from_mins(1)));
    let issued = apps.issue("crm", "", soon).unwrap();
    let row = store.keys(KIND).unwrap().remove(0);
    for (from, to) in [("crm", "erp"), ("1764", "1864")] {
        let changed = KeyRow {
            facts: row.facts.replace(from, to),
            ..row.clone()
        };
        assert_ne!(changed, row);
        store.put_keys(vec![changed]).unwrap();
        apps.reload().unwrap();
        let refused = apps.authenticate(Some(issued.secret.expose()));
        assert!(matches!(refused, Err(IdentityError::Unknown)));
    }
    store.put_keys(vec![row]).unwrap();
    assert_eq!(apps.revoke(&issued.id).unwrap(), "crm");
    assert_eq!(apps.revoke(&issued.id).unwrap(), "crm");
    assert!(matches!(
        apps.authenticate(Some(issued.secret.expose())),
        Err(IdentityError::Revoked)
    ));
    let row = store.keys(KIND).unwrap().remove(0);
    let facts = row.facts.replace("revoked", "active");
    store.put_keys(vec![KeyRow { facts, ..row }]).unwrap();
    apps.reload().unwrap();
    let refused = apps.authenticate(Some(issued.secret.expose()));
    assert!(matches!(refused, Err(IdentityError::Unknown)));
}

#[test]
fn names_and_labels_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let apps = apps(gateway(&folder.path().join("d")), &clock());
    for bad in ["", "a b", "客户", "a/b", &"x".repeat(65)] {
        assert!(
            matches!(apps.issue(bad, "", None), Err(IdentityError::Name)),
            "{bad}"
        );
    }
    for bad in ["a\nb", &"x".repeat(201)] {
        assert!(matches!(
            apps.issue("a", bad, None),
            Err(IdentityError::Label)
        ));
    }
}
