//! Passwords, credentials and private keys.

use super::super::secret::formats::{FORMATS, examples::example};
use super::{assert_finds, assert_ignores, found};

#[test]
fn passwords() {
    assert_finds(
        "PASSWORD",
        &[
            "密码是⟦Sonne#2041⟧，请尽快改",
            "口令 ⟦xK9!mmQ2⟧",
            "password: ⟦tr0ub4dor&3⟧",
            "DB_PASSWORD=⟦tr0ub4dor⟧ and",
            "\"password\": \"⟦correct-Horse7⟧\"",
            "postgres://app:⟦s3cr3t!x⟧@db.internal/app",
            "mysql -u root -p⟦Wasser88⟧ shop",
            "the wifi password is ⟦Blume2041!⟧, ok",
            "<password>⟦Blume2041⟧</password>",
            "--password ⟦Blume2041⟧ --verbose",
        ],
    );
    assert_ignores(&[
        "password: ${DB_PASSWORD}",
        "password = os.getenv(\"PW\")",
        "password must contain 8 characters",
        "密码不能少于8位",
        "\"password\": \"{{ vault_password }}\"",
        "passwd: ••••••••",
        "adduser --disabled-password app",
        "password=password, token=REDACTED",
        "user.password = form.password.data",
        "https://user:$PASSWORD@host/",
        "mkdir -p /srv/data2024",
    ]);
}

#[test]
fn credentials_of_every_format() {
    for format in FORMATS {
        for text in [
            format!("key = \"{}\"", example(format.form, 0)),
            format!("密钥{}，", example(format.form, 0)),
        ] {
            let kinds: Vec<_> = found(&text).iter().map(|f| f.0).collect();
            assert_eq!(kinds, ["SECRET"], "{text}");
        }
    }
}

#[test]
fn other_credentials() {
    let jwt = concat!(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6",
        "IkpXVCJ9.eyJzdWIiOiI3In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"
    );
    let telegram = format!(
        "{}:AA{}",
        "123456789",
        "Hq7_x-Zt4".repeat(4).get(..33).unwrap()
    );
    for (value, text) in [
        (jwt, format!("Cookie: session={jwt}; HttpOnly")),
        (telegram.as_str(), format!("bot {telegram} stopped")),
        (
            "q7ZxP2mK9vLw4RtY8sNb",
            "api_key: \"q7ZxP2mK9vLw4RtY8sNb\"".to_owned(),
        ),
        (
            "q7ZxP2mK9vLw4RtY8sNb",
            "Authorization: Bearer q7ZxP2mK9vLw4RtY8sNb".to_owned(),
        ),
    ] {
        assert_eq!(found(&text), [("SECRET", value)], "{text}");
    }
    assert_ignores(&[
        "Authorization: Bearer <token>",
        "Authorization: Bearer $TOKEN",
        "apiKey := os.Getenv(\"SERVICE_API_KEY\")",
        "SECRET_NAME=projects/demo/secrets/db-password",
        "private_key_path: ./keys/server1.pem22",
        "token: 8f14e45f-ceea-467f-a0e6-1a1b2c3d4e5f",
        "const token = await getToken({ refresh: true });",
        "eyJub3QiOiJhIGpvc2UifQ.e30.x",
    ]);
}

#[test]
fn private_keys_whole_and_cut_off() {
    let begin = concat!("-----BEGIN RSA PRIV", "ATE KEY-----");
    let end = concat!("-----END RSA PRIV", "ATE KEY-----");
    let body = "MIIBPQIBAAJBAOsfi5AGYhdRs\nx6q5H7kScxA0Kzzq";
    let whole = format!("{begin}\n{body}\n{end}");
    assert_eq!(
        found(&format!("see {whole} ok")),
        [("PRIVATE_KEY", whole.as_str())]
    );
    let cut = format!("{begin}\n{body}");
    assert_eq!(
        found(&format!("{cut}\n……")),
        [("PRIVATE_KEY", cut.as_str())]
    );
    let escaped = format!("{begin}\\nMIIBPQIBAAJBAOsfi5AGYhdRs\\n{end}");
    assert_eq!(
        found(&format!("{{\"k\":\"{escaped}\"}}")),
        [("PRIVATE_KEY", escaped.as_str())]
    );
    assert_ignores(&["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"]);
}
