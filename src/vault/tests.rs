use super::*;
use crate::base::{EntityType, Timestamp};
use crate::crypto::{FileProvider, KeyProvider};
use crate::store::{Durability, KeyRow, SqliteStore};
use std::fs;
use std::path::Path;

const CANARY_VALUE: &str = "lena.canary@example.org";
const START: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

fn email() -> EntityType {
    EntityType::named("EMAIL").unwrap()
}

fn store(folder: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(&folder.join("data"), Durability::Os).unwrap())
}

fn provider(folder: &Path, name: &str) -> FileProvider {
    FileProvider::new(folder.join(name), true)
}

fn vault(folder: &Path, store: &Arc<dyn Store>) -> Vault {
    let root = open_root(&provider(folder, "kek"), store.as_ref(), START).unwrap();
    let hour = Duration::from_hours(1);
    Vault::open(root, Arc::clone(store), Clock::manual(START), hour).unwrap()
}

fn id(vault: &Vault) -> ScopeId {
    vault.scope_id("app", Some("u1"), Conversation::Header("c1"))
}

#[test]
fn the_root_is_made_once_and_opened_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let bits = |vault: &Vault| vault.scope(id(vault)).unwrap().name_bits(email(), "x", 0);
    let first = {
        let store = store(folder.path());
        let bits = bits(&vault(folder.path(), &store));
        store.close().unwrap();
        bits
    };
    let store = store(folder.path());
    assert_eq!(bits(&vault(folder.path(), &store)), first);
    assert_eq!(store.keys("root").unwrap().len(), 1);
}

#[test]
fn a_wrong_kek_is_refused_by_name_and_no_key_is_made_for_a_store_that_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let _vault = vault(folder.path(), &store);
    let other = provider(folder.path(), "other");
    assert!(matches!(
        open_root(&other, store.as_ref(), START),
        Err(VaultError::Crypto(CryptoError::KeyFileMissing { .. }))
    ));
    assert!(other.create().unwrap());
    let refused = open_root(&other, store.as_ref(), START).unwrap_err();
    assert!(matches!(refused, VaultError::WrongKek { .. }));
    assert!(refused.to_string().contains("other"), "{refused}");
}

#[test]
fn missing_or_altered_key_rows_are_refused() {
    let alter: [fn(&mut KeyRow); 4] = [
        |row| row.blob[40] ^= 1,
        |row| row.facts = "{}".into(),
        |row| row.facts = row.facts.replace("active", "destroyed"),
        |row| row.facts = row.facts.replace(":1", ":2"),
    ];
    for change in alter {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let _vault = vault(folder.path(), &store);
        let mut row = store.keys("root").unwrap().remove(0);
        change(&mut row);
        store.put_keys(vec![row]).unwrap();
        let refused = open_root(&provider(folder.path(), "kek"), store.as_ref(), START);
        assert!(matches!(refused, Err(VaultError::Damaged { kind: "root" })));
    }
    for kind in ["root", "canary"] {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let _vault = vault(folder.path(), &store);
        let row = store.keys(kind).unwrap().remove(0);
        assert!(store.remove_key(kind, &row.id).unwrap());
        let refused = open_root(&provider(folder.path(), "kek"), store.as_ref(), START);
        assert!(
            matches!(refused, Err(VaultError::Damaged { kind: k }) if k == kind),
            "{kind}"
        );
    }
}

#[test]
fn conversations_of_different_apps_users_and_ids_have_different_scopes() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), &store(folder.path()));
    let ids = [
        ("a", None, Conversation::Header("c")),
        ("a", None, Conversation::FirstMessage(b"c")),
        ("a", Some(""), Conversation::Header("c")),
        ("a", Some("u"), Conversation::Header("c")),
        ("b", Some("u"), Conversation::Header("c")),
        ("a", Some("u"), Conversation::Header("d")),
        ("au", None, Conversation::Header("c")),
    ]
    .map(|(app, user, what)| vault.scope_id(app, user, what));
    for (i, a) in ids.iter().enumerate() {
        for (j, b) in ids.iter().enumerate() {
            assert_eq!(a == b, i == j, "{i} {j}");
        }
    }
    assert_eq!(id(&vault), id(&vault));
}

#[test]
fn another_tenant_names_the_same_value_differently() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vaults = [&one, &two].map(|folder| vault(folder.path(), &store(folder.path())));
    let bits = vaults.each_ref().map(|vault| {
        vault
            .scope(ScopeId::from_bytes([1; 16]))
            .unwrap()
            .name_bits(email(), CANARY_VALUE, 0)
    });
    assert_ne!(bits[0], bits[1]);
    assert_ne!(
        vaults[0].blind_index(CANARY_VALUE),
        vaults[1].blind_index(CANARY_VALUE)
    );
}

#[test]
fn a_sealed_row_opens_again_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (row, key) = {
        let store = store(folder.path());
        let vault = vault(folder.path(), &store);
        let scope = vault.scope(id(&vault)).unwrap();
        let row = scope
            .seal("EMAIL_XT940KMVKT", email(), CANARY_VALUE, START)
            .unwrap();
        assert_eq!(vault.open_row(&row).unwrap().expose(), CANARY_VALUE);
        let key = scope.unwritten_key().unwrap();
        store.put_keys(vec![key.clone()]).unwrap();
        store.close().unwrap();
        (row, key)
    };
    assert_eq!(row.expires - row.created, 3_600_000_000);
    let store = store(folder.path());
    let again = vault(folder.path(), &store);
    assert_eq!(again.open_row(&row).unwrap().expose(), CANARY_VALUE);
    let scope = again.scope(id(&again)).unwrap();
    assert!(
        scope.unwritten_key().is_none(),
        "a loaded scope is on disk already"
    );

    let deleted = vault(folder.path(), &store);
    assert!(store.remove_key("scope", &key.id).unwrap());
    assert!(matches!(deleted.open_row(&row), Err(VaultError::NoScope)));
}

#[test]
fn altering_any_column_of_a_row_fails_to_open() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), &store(folder.path()));
    let scope = vault.scope(id(&vault)).unwrap();
    let row = scope
        .seal("EMAIL_XT940KMVKT", email(), CANARY_VALUE, START)
        .unwrap();
    let changes: [fn(&mut VaultRow); 7] = [
        |row| row.scope[0] ^= 1,
        |row| row.surrogate.push('0'),
        |row| row.entity = "PERSON".into(),
        |row| row.blind_index[15] ^= 1,
        |row| row.sealed[70] ^= 1,
        |row| row.created += 1,
        |row| row.expires += 1,
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut altered = row.clone();
        change(&mut altered);
        assert!(scope.open(&altered).is_err(), "column {at}");
        assert!(vault.open_row(&altered).is_err(), "column {at}");
    }
}

#[test]
fn an_altered_scope_key_row_fails_to_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let first = vault(folder.path(), &store);
    let key = first.scope(id(&first)).unwrap().unwritten_key().unwrap();
    let changes: [fn(&mut KeyRow); 3] = [
        |row| row.blob[50] ^= 1,
        |row| row.facts.push(' '),
        |row| row.created += 1,
    ];
    for change in changes {
        let mut altered = key.clone();
        change(&mut altered);
        store.put_keys(vec![altered]).unwrap();
        let vault = vault(folder.path(), &store);
        assert!(matches!(
            vault.scope(id(&vault)),
            Err(VaultError::Crypto(CryptoError::Open))
        ));
    }
}

#[test]
fn an_unwritten_scope_keeps_its_one_key_while_a_request_uses_it() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), &store(folder.path()));
    let held = vault.scope(id(&vault)).unwrap();
    for n in 0..2 * SCOPES_IN_MEMORY as u64 {
        let other = vault.scope_id("app", None, Conversation::FirstMessage(&n.to_be_bytes()));
        let _scope = vault.scope(other).unwrap();
    }
    vault.scopes.clear();
    let again = vault.scope(id(&vault)).unwrap();
    assert_eq!(again.unwritten_key(), held.unwritten_key());
    assert!(vault.pending.lock().len() < SCOPES_IN_MEMORY + PENDING_SWEEP + 2);
}

#[test]
fn what_is_committed_is_remembered_until_it_expires_or_is_purged() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), &store(folder.path()));
    let scope = vault.scope(id(&vault)).unwrap();
    let bits = scope.name_bits(email(), CANARY_VALUE, 0);
    let at = |minutes: u64| START.plus(Duration::from_mins(minutes));
    assert!(!scope.is_committed(&bits, START) && scope.unwritten_key().is_some());
    scope.mark_committed(&[bits], START);
    assert!(scope.is_committed(&bits, at(59)) && scope.unwritten_key().is_none());
    assert!(!scope.is_committed(&bits, at(60)));
    assert!(!scope.is_committed(&scope.name_bits(email(), CANARY_VALUE, 1), START));
    vault.purge().unwrap();
    assert!(!scope.is_committed(&bits, START));
}

#[test]
fn nothing_prints_or_stores_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let vault = vault(folder.path(), &store);
    let conversation = Conversation::FirstMessage(CANARY_VALUE.as_bytes());
    let scope = vault
        .scope(vault.scope_id(CANARY_VALUE, Some(CANARY_VALUE), conversation))
        .unwrap();
    let row = scope
        .seal("EMAIL_XT940KMVKT", email(), CANARY_VALUE, START)
        .unwrap();
    let mut map = RestoreMap::default();
    assert!(map.insert(
        row.surrogate.clone(),
        email(),
        vault.open_row(&row).unwrap()
    ));
    assert!(!map.insert(
        row.surrogate.clone(),
        email(),
        Sensitive::new("another".into())
    ));
    let shown = format!(
        "{vault:?} {scope:?} {row:?} {map:?} {conversation:?} {:?}",
        scope.id()
    );
    assert!(!shown.contains("canary@"), "{shown}");
    store
        .put_keys(vec![scope.unwritten_key().unwrap()])
        .unwrap();
    store.close().unwrap();
    for file in fs::read_dir(folder.path().join("data")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(memchr::memmem::find(&bytes, b"canary@").is_none());
    }
}
