//! Passwords, credentials and private keys.

use super::super::secret::formats::{examples, table};
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
    let mut faults = Vec::new();
    for format in table().unwrap().formats.iter().filter(|f| !f.gated) {
        for form in &format.forms {
            let example = form.example(0);
            for text in [format!("key = \"{example}\""), format!("密钥{example}，")] {
                let kinds: Vec<_> = found(&text).iter().map(|f| f.0).collect();
                if !matches!(kinds.as_slice(), ["SECRET" | "PASSWORD"]) {
                    faults.push(format!("{}: {kinds:?} in {text}", format.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn examples_of_every_format() {
    let mut faults = Vec::new();
    for (name, find, ignore) in examples::all() {
        assert!(!find.is_empty(), "{name}");
        let secret = |kind: &str| matches!(kind, "SECRET" | "PRIVATE_KEY" | "PASSWORD");
        let covered = |text: &str| -> usize {
            found(text)
                .iter()
                .filter(|f| secret(f.0))
                .map(|f| f.1.len())
                .sum()
        };
        let missed = find.iter().filter(|text| covered(text) < 8);
        faults.extend(missed.map(|text| format!("{name} is missed in {text}")));
        let noisy = ignore.iter().filter(|text| covered(text) > 0);
        faults.extend(noisy.map(|text| format!("{name} is found in {text}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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

#[test]
fn private_keys_without_a_frame() {
    let der = concat!(
        "MC4CAQAwBQYDK2Vw",
        "BCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9q",
        "SnF0"
    );
    assert_eq!(found(&format!("key {der} end")), [("PRIVATE_KEY", der)]);
    let d = "AL7Zq0x9vYtR4mWcKpLsJhGfDdQnBbXe-3Tu_2iVoEk";
    let jwk = format!(r#"{{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tL","d":"{d}"}}"#);
    assert!(found(&jwk).contains(&("PRIVATE_KEY", d)), "{jwk}");
    let putty = "Private-Lines: 1\nAAAAIB7Zq0x9vYtR4mWcKpLsJhGfDdQnBbXe3Tu2iVoEkAAA\nPrivate-MAC: 9f86d081884c7d659a2feaa0c55ad0159f86d081";
    assert_eq!(found(putty), [("PRIVATE_KEY", putty)]);
    let ssh2 = concat!(
        "---- BEGIN SSH2 ENCRYPTED PRIV",
        "ATE KEY ----\nP2/56wAAAgIAAAA\n",
        "---- END SSH2 ENCRYPTED PRIV",
        "ATE KEY ----"
    );
    assert_eq!(found(&format!("{ssh2} ok")), [("PRIVATE_KEY", ssh2)]);
    // A public key: its first member is a sequence.
    assert_ignores(&["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzzzzfi5AGYhdRsx6q5H7kScxA0Kzzq"]);
}

#[test]
fn labels_in_every_dress() {
    const KEY: &str = "q7ZxP2mK9vLw4RtY8sNb";
    for text in [
        "export ACME_TOKEN=KEY",
        "acmeApiKey: \"KEY\"",
        "api_key: str = 'KEY'",
        "const char *token = \"KEY\";",
        ".withToken(\"KEY\")",
        "os.environ.get('API_KEY', 'KEY')",
        "<add key=\"ApiKey\" value=\"KEY\" />",
        "<key>ApiToken</key>\n  <string>KEY</string>",
        "- name: API_TOKEN\n  value: KEY",
        "{\"name\": \"API_KEY\", \"value\": \"KEY\"}",
        "{\\\"api_key\\\": \\\"KEY\\\"}",
        "X-Api-Key: KEY",
        "访问令牌：KEY",
        "密钥（生产）：KEY",
        "the api key for staging is KEY, thanks",
        "AppSecret=KEY",
        "令牌 KEY 已过期",
        "ENV API_TOKEN KEY",
        "https://acme.example/v1?api_key=KEY&page=2",
        "--api-key KEY",
        "token => 'KEY',",
        "SECRET_KEY_FOR_PROD = KEY",
        "//registry.acme.example/:_authToken=KEY",
        "| token | KEY |",
        "access_key_secret：\nKEY\n",
    ] {
        let text = text
            .replace("KEY", "\0")
            .replace("API_\0", "API_KEY")
            .replace("SECRET_\0", "SECRET_KEY")
            .replace('\0', KEY);
        assert_eq!(found(&text), [("SECRET", KEY)], "{text}");
    }
}

#[test]
fn passwords_in_prose_and_commands() {
    assert_finds(
        "PASSWORD",
        &[
            "密码已重置为⟦Abc@12345⟧，请登录",
            "初始密码：⟦Hw2024#init⟧",
            "密码改成了 ⟦Blume#77⟧",
            "新密码是“⟦Blume#77⟧”",
            "密码（测试环境）：⟦Blume#77⟧",
            "账号密码：admin / ⟦Blume#77⟧",
            "the password for the staging database is ⟦Blume#77x⟧.",
            "password has been reset to ⟦Blume77x⟧",
            "my pw: ⟦Blume77x⟧",
            "CREATE USER app IDENTIFIED BY '⟦Blume77x⟧';",
            "requirepass ⟦Blume77x⟧",
            "curl -u admin:⟦Blume77x⟧ https://acme.example/",
            "sshpass -p '⟦Blume77x⟧' ssh app",
            "redis-cli -h cache -a ⟦Blume77x⟧ ping",
            "Server=db;User Id=app;Password=⟦Blume#77x⟧;Encrypt=true",
            "app:⟦Blume77x⟧@tcp(db:3306)/shop",
            "machine acme.example login app password ⟦Blume77x⟧",
            "redis://:⟦Blume77x⟧@cache:6379/0",
            "define('DB_PASSWORD', '⟦Blume77x⟧');",
            "db.acme.example:5432:shop:app:⟦Blume77x⟧",
            "amqp://app:⟦Blume/77x⟧@queue/",
            "spring.datasource.password=⟦Blume77x⟧",
            "\"password\": \"⟦letmein⟧\"",
        ],
    );
    assert_ignores(&[
        "password length is 12chars",
        "the password is too short",
        "PASSWORD_MIN_LENGTH=12",
        "password_reset_url = \"/reset/v2\"",
        "tokens[0] = next_token2",
        "the password is stored with sha256",
        "密码长度为8位",
        "pwd=/home/app2/work",
        "cp -p file1 file2",
        "tar -u archive2:old",
        "page_token=CAUQAA9xYz12345678",
        "public_key = q7ZxP2mK9vLw4RtY8sNb",
        "cookie: lang=zh-CN; theme=dark2024",
    ]);
}

#[test]
fn headers_and_cookies() {
    for (value, text) in [
        (
            "q7ZxP2mK9vLw4RtY8sNb",
            "Cookie: lang=zh; JSESSIONID=VALUE; theme=dark",
        ),
        (
            "q7ZxP2mK9vLw4RtY8sNb",
            "Set-Cookie: sid=VALUE; Path=/; HttpOnly",
        ),
        ("YXBwOnNlY3JldA==", "Authorization: Basic VALUE"),
        (
            "YXBwOnNlY3JldA==",
            "{\"auths\":{\"hub.example\":{\"auth\": \"VALUE\"}}}",
        ),
        ("YXBwOnNlY3JldA==", "//hub.example/:_auth=VALUE"),
        ("q7ZxP2mK9vLw4RtY8sNb", "Authorization: Bearer VALUE"),
        (
            "q7ZxP2mK9vLw4RtY8sNb",
            "https://VALUE@git.acme.example/app.git",
        ),
    ] {
        assert_eq!(
            found(&text.replace("VALUE", value)),
            [("SECRET", value)],
            "{text}"
        );
    }
}
