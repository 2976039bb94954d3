use super::*;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

fn bytes(kek: &Kek) -> [u8; 32] {
    *kek.key().expose()
}

fn file_with(content: &[u8], mode: u32) -> (tempfile::TempDir, FileProvider) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kek");
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    (folder, FileProvider::new(path, false))
}

#[test]
fn a_key_file_is_made_once_with_mode_0600_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kek");
    let provider = FileProvider::new(&path, true);
    assert!(matches!(
        provider.kek(),
        Err(CryptoError::KeyFileMissing { .. })
    ));
    assert!(provider.create().unwrap());
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    let first = bytes(&provider.kek().unwrap());
    assert_ne!(first, [0; 32]);
    assert!(!provider.create().unwrap());
    assert!(!provider.write_new().unwrap(), "a key that is there stays");
    assert_eq!(bytes(&provider.kek().unwrap()), first);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file is left"
    );
    assert!(provider.shares_filesystem_with(folder.path()));
}

#[test]
fn a_provider_that_may_not_create_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let provider = FileProvider::new(folder.path().join("kek"), false);
    assert!(!provider.create().unwrap());
    assert!(matches!(
        provider.kek(),
        Err(CryptoError::KeyFileMissing { .. })
    ));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_key_file_that_others_may_touch_or_of_another_length_is_refused() {
    for mode in [0o644, 0o640, 0o660, 0o602, 0o700, 0o4600] {
        let (_folder, provider) = file_with(&[5; 32], mode);
        let refused = provider.kek();
        assert!(matches!(refused, Err(CryptoError::KeyFileMode { mode: m, .. }) if m == mode));
    }
    for mode in [0o600, 0o400] {
        let (_folder, provider) = file_with(&[5; 32], mode);
        assert_eq!(bytes(&provider.kek().unwrap()), [5; 32]);
    }
    for length in [0, 31, 33, 64] {
        let (_folder, provider) = file_with(&vec![5; length], 0o600);
        assert!(
            matches!(provider.kek(), Err(CryptoError::KeyFileForm { .. })),
            "{length}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let refused = FileProvider::new(folder.path(), false).kek();
    assert!(matches!(refused, Err(CryptoError::KeyFileForm { .. })));
}

#[test]
fn a_key_file_of_another_user_is_refused() {
    let (folder, provider) = file_with(&[5; 32], 0o600);
    let given = std::os::unix::fs::chown(folder.path().join("kek"), Some(65_534), None);
    if given.is_ok() {
        let refused = provider.kek();
        let owner = matches!(
            refused,
            Err(CryptoError::KeyFileOwner { owner: 65_534, .. })
        );
        let unreadable = matches!(refused, Err(CryptoError::KeyFileIo { .. }));
        assert!(owner || unreadable);
    }
}

#[test]
fn hex_and_base64_of_32_bytes_are_read_and_nothing_else() {
    let key = [0xfb; 32];
    for text in [
        data_encoding::HEXLOWER.encode(&key),
        data_encoding::HEXUPPER.encode(&key),
        BASE64.encode(&key),
        BASE64_NOPAD.encode(&key),
        BASE64URL.encode(&key),
        BASE64URL_NOPAD.encode(&key),
        format!(" {}\n", BASE64.encode(&key)),
    ] {
        assert_eq!(bytes(&decode(text.as_bytes()).unwrap()), key, "{text}");
    }
    for text in [
        "",
        "short",
        &"f".repeat(62),
        &"g".repeat(64),
        &BASE64.encode(&[1; 33]),
    ] {
        assert!(decode(text.as_bytes()).is_none(), "{text}");
    }
}

#[test]
fn a_missing_or_malformed_variable_is_named_and_its_value_is_not() {
    let missing = EnvProvider::new("VESTIBULE_NO_SUCH_KEK").kek().unwrap_err();
    assert!(matches!(missing, CryptoError::EnvMissing { .. }));
    assert!(missing.to_string().contains("VESTIBULE_NO_SUCH_KEK"));
    // PATH is set everywhere, and is no key.
    let malformed = EnvProvider::new("PATH").kek().unwrap_err();
    assert!(matches!(malformed, CryptoError::EnvForm { .. }));
    assert!(!format!("{malformed} {malformed:?}").contains(&env::var("PATH").unwrap()));
}

#[test]
fn a_credential_is_read_from_its_folder_by_its_bare_name() {
    let folder = tempfile::tempdir().unwrap();
    let provider = |name: &str| CredentialProvider {
        name: name.to_owned(),
        folder: Some(folder.path().to_owned()),
    };
    fs::write(folder.path().join("raw"), [6; 32]).unwrap();
    fs::write(
        folder.path().join("text"),
        data_encoding::HEXLOWER.encode(&[6; 32]),
    )
    .unwrap();
    fs::write(folder.path().join("bad"), b"no key").unwrap();
    for name in ["raw", "text"] {
        assert_eq!(bytes(&provider(name).kek().unwrap()), [6; 32], "{name}");
    }
    assert!(matches!(
        provider("bad").kek(),
        Err(CryptoError::KeyFileForm { .. })
    ));
    for name in ["none", "../raw", ".raw", "sub/raw"] {
        assert!(
            matches!(
                provider(name).kek(),
                Err(CryptoError::CredentialMissing { .. })
            ),
            "{name}"
        );
    }
}

#[test]
fn nothing_prints_a_key() {
    let (_folder, provider) = file_with(b"0123456789abcdef0123456789abcdef", 0o600);
    let shown = format!(
        "{provider:?} {} {:?}",
        provider.describe(),
        provider.kek().unwrap()
    );
    assert!(shown.contains("Kek(…)") && !shown.contains("0123456789abcdef"));
}

#[test]
fn a_canary_tells_its_kek_from_another() {
    let kek = Kek::from_bytes([1; 32]);
    let canary = kek.canary().unwrap();
    assert!(kek.check(&canary).is_ok());
    assert!(matches!(
        Kek::from_bytes([2; 32]).check(&canary),
        Err(CryptoError::Open)
    ));
    let root = super::super::RootKey::generate(1)
        .unwrap()
        .wrap(&kek)
        .unwrap();
    assert!(kek.check(&root).is_err());
}
