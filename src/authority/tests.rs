use super::*;
use crate::base::Clock;
use crate::store::{Durability, SqliteStore};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{CertificateError, RootCertStore};
use std::sync::Arc;

const NOW: Timestamp = Timestamp::from_micros(1_764_000_000_000_000);

struct Home {
    folder: tempfile::TempDir,
    store: SqliteStore,
    wrapping: Key32,
}

fn home() -> Home {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("data"), Durability::Os).unwrap();
    Home {
        folder,
        store,
        wrapping: Key32::random().unwrap(),
    }
}

fn hosts() -> Vec<String> {
    vec!["api.deepseek.com".to_owned(), "API.OpenAI.com".to_owned()]
}

impl Home {
    fn create(&self, replace: bool) -> Result<Authority, AuthorityError> {
        Authority::create(&self.store, &self.wrapping, &hosts(), 30, NOW, replace)
    }
}

/// What a client that trusts this CA says to a certificate for a host at a time.
fn verify(
    ca: &Public,
    leaf: &rustls::sign::CertifiedKey,
    host: &str,
    at: Timestamp,
) -> Result<(), rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(ca.der().to_vec().into()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let at = UnixTime::since_unix_epoch(Duration::from_micros(at.as_micros()));
    verifier
        .verify_server_cert(&leaf.cert[0], &[], &name, &[], at)
        .map(drop)
}

#[test]
fn a_certificate_of_a_host_is_good_for_a_day_and_for_that_host() {
    let home = home();
    let leaves = Leaves::new(home.create(false).unwrap(), Clock::manual(NOW));
    let leaf = leaves.get("api.deepseek.com").unwrap();
    let hours = |hours| NOW.plus(Duration::from_hours(hours));
    let ca = leaves.public();
    for (host, at, good) in [
        ("api.deepseek.com", NOW, true),
        ("api.deepseek.com", hours(23), true),
        ("api.deepseek.com", hours(25), false),
        ("api.openai.com", NOW, false),
        ("x.api.deepseek.com", NOW, false),
    ] {
        assert_eq!(verify(ca, &leaf, host, at).is_ok(), good, "{host}");
    }
    let slow_clock = Timestamp::from_micros(NOW.as_micros() - 1_800_000_000);
    assert!(verify(ca, &leaf, "api.deepseek.com", slow_clock).is_ok());
    leaf.keys_match().unwrap();
}

/// Also where whoever has the key signs for others, clients refuse.
#[test]
fn the_ca_is_good_for_its_hosts_only() {
    let home = home();
    let ca = home.create(false).unwrap();
    let times = (NOW, NOW.plus(Duration::from_hours(1)));
    let sign = |host: &str| certificate::of_host(host, times, &ca.facts, &ca.key).unwrap();
    for (host, good) in [
        ("api.deepseek.com", true),
        ("below.api.openai.com", true),
        ("deepseek.com", false),
        ("www.example.org", false),
        ("notapi.deepseek.com", false),
    ] {
        let said = verify(&ca.public, &sign(host), host, NOW);
        assert_eq!(said.is_ok(), good, "{host}: {said:?}");
        assert_eq!(ca.public.covers(host), good, "{host}");
        if !good {
            let said = format!("{said:?}");
            assert!(said.contains("NameConstraintViolation"), "{said}");
        }
    }
    let leaves = Leaves::new(ca, Clock::manual(NOW));
    assert!(matches!(
        leaves.get("www.example.org"),
        Err(AuthorityError::NotCovered)
    ));
}

/// An address isn't a name, and a list of names alone would leave addresses free.
#[test]
fn the_ca_is_good_for_no_address() {
    let home = home();
    let ca = home.create(false).unwrap();
    let pair = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let mut issuer = rcgen::CertificateParams::default();
    issuer.distinguished_name = rcgen::DistinguishedName::new();
    issuer
        .distinguished_name
        .push(rcgen::DnType::CommonName, ca.facts.name.as_str());
    let made = params
        .signed_by(&pair, &rcgen::Issuer::new(issuer, &ca.key))
        .unwrap();
    let key = rustls::crypto::aws_lc_rs::sign::any_ecdsa_type(&pair.into()).unwrap();
    let leaf = rustls::sign::CertifiedKey::new(vec![made.der().clone()], key);
    let said = verify(&ca.public, &leaf, "127.0.0.1", NOW).unwrap_err();
    assert!(
        format!("{said:?}").contains("NameConstraintViolation"),
        "{said:?}"
    );
}

#[test]
fn leaves_are_kept_while_fresh_and_replaced_in_time() {
    let home = home();
    let clock = Clock::manual(NOW);
    let leaves = Leaves::new(home.create(false).unwrap(), clock.clone());
    let first = leaves.get("api.deepseek.com").unwrap();
    clock.advance(Duration::from_hours(17));
    assert!(Arc::ptr_eq(
        &first,
        &leaves.get("api.deepseek.com").unwrap()
    ));
    clock.advance(Duration::from_hours(2));
    let second = leaves.get("api.deepseek.com").unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
    verify(
        leaves.public(),
        &second,
        "api.deepseek.com",
        clock.now().plus(Duration::from_hours(23)),
    )
    .unwrap();
    clock.advance(Duration::from_hours(24 * 29 - 18));
    let last = leaves.get("api.deepseek.com").unwrap();
    let after_the_ca = NOW.plus(Duration::from_hours(24 * 30 + 1));
    let said = verify(leaves.public(), &last, "api.deepseek.com", after_the_ca).unwrap_err();
    assert!(
        matches!(
            said,
            rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { .. })
        ),
        "{said:?}"
    );
    clock.advance(Duration::from_hours(24));
    assert!(matches!(
        leaves.get("api.deepseek.com"),
        Err(AuthorityError::NotCovered)
    ));
}

#[test]
fn it_opens_again_under_its_key_alone_and_is_not_replaced_by_accident() {
    let home = home();
    let Home {
        store, wrapping, ..
    } = &home;
    assert!(Authority::open(store, wrapping).unwrap().is_none());
    assert_eq!(public(store).unwrap(), None);
    let made = home.create(false).unwrap();
    assert!(matches!(home.create(false), Err(AuthorityError::Exists)));
    assert_eq!(public(store).unwrap().as_ref(), Some(made.public()));
    let opened = Authority::open(store, wrapping).unwrap().unwrap();
    let leaf = Leaves::new(opened, Clock::manual(NOW))
        .get("api.openai.com")
        .unwrap();
    verify(made.public(), &leaf, "api.openai.com", NOW).unwrap();
    assert!(matches!(
        Authority::open(store, &Key32::random().unwrap()),
        Err(AuthorityError::Key(_))
    ));
    let other = home.create(true).unwrap();
    assert_ne!(other.public().fingerprint(), made.public().fingerprint());
    assert_ne!(other.public().name, made.public().name);
}

#[test]
fn an_altered_row_does_not_open() {
    let home = home();
    home.create(false).unwrap();
    let row = home.store.key(KIND, ID).unwrap().unwrap();
    let facts = Facts::of(&row).unwrap();
    let changes: [fn(&mut Facts); 4] = [
        |facts| facts.hosts.push("www.example.org".to_owned()),
        |facts| facts.not_after += 1,
        |facts| facts.name.push('x'),
        |facts| facts.certificate = BASE64.encode(b"another"),
    ];
    for change in changes {
        let mut altered = facts.clone();
        change(&mut altered);
        let facts = serde_json::to_string(&altered).unwrap();
        home.store
            .put_keys(vec![KeyRow {
                facts,
                ..row.clone()
            }])
            .unwrap();
        assert!(matches!(
            Authority::open(&home.store, &home.wrapping),
            Err(AuthorityError::Key(_))
        ));
    }
    let facts = "{}".to_owned();
    home.store.put_keys(vec![KeyRow { facts, ..row }]).unwrap();
    assert!(matches!(
        Authority::open(&home.store, &home.wrapping),
        Err(AuthorityError::Damaged)
    ));
}

/// The canary: no file of the data folder holds the key, in any form that it has been in.
#[test]
fn the_key_lies_in_no_file_in_clear() {
    let home = home();
    let (key, secret) = CaKey::generate().unwrap();
    drop(key);
    let made = home.create(false).unwrap();
    let row = home.store.key(KIND, ID).unwrap().unwrap();
    let secret_of_row = open(&home.wrapping, &row.blob, &aad(&made.facts))
        .unwrap()
        .to_vec();
    assert_eq!(secret_of_row.len(), secret.len());
    // PKCS #8 of P-256 (RFC 5915): the scalar is the first octet string of 32 bytes.
    let start = memchr::memmem::find(&secret_of_row, &[0x04, 0x20]).unwrap() + 2;
    let scalar = &secret_of_row[start..start + 32];
    let mut searched = 0;
    for entry in std::fs::read_dir(home.folder.path().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for form in [
            scalar.to_vec(),
            BASE64.encode(scalar).into_bytes()[..40].to_vec(),
            HEXLOWER.encode(scalar).into_bytes(),
        ] {
            assert!(memchr::memmem::find(&bytes, &form).is_none());
        }
        searched += usize::from(memchr::memmem::find(&bytes, b"forward").is_some());
    }
    assert!(searched > 0, "the row was not in what was searched");
    let printed = format!("{made:?} {:?}", made.public());
    assert!(
        !printed.contains(&BASE64.encode(&scalar[..12])),
        "{printed}"
    );
}

#[test]
fn names_that_are_no_hosts_are_refused() {
    let home = home();
    let make = |host: &str| {
        Authority::create(
            &home.store,
            &home.wrapping,
            &[host.to_owned()],
            1,
            NOW,
            false,
        )
    };
    for host in ["*.deepseek.com", "127.0.0.1", "a b", ""] {
        assert!(
            matches!(make(host), Err(AuthorityError::Host { .. })),
            "{host}"
        );
    }
}

#[test]
fn the_certificate_is_shown_as_other_tools_show_it() {
    let home = home();
    let made = home.create(false).unwrap();
    let pem = made.public().pem();
    let read: CertificateDer<'_> =
        rustls::pki_types::pem::PemObject::from_pem_slice(pem.as_bytes()).unwrap();
    assert_eq!(&*read, made.public().der());
    let fingerprint = made.public().fingerprint();
    assert_eq!(
        (fingerprint.len(), fingerprint.matches(':').count()),
        (95, 31)
    );
}
