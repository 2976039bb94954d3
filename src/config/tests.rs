//! The layers, the messages, and the example file.

use super::*;
use std::ffi::OsString;
use std::fs;

const EXAMPLE: &str = include_str!("../../examples/vestibule.toml");

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.toml");
    fs::write(&path, file).unwrap();
    let environment = environment
        .iter()
        .map(|(k, v)| (OsString::from(k), OsString::from(v)));
    let place = path.display().to_string();
    layers::load(Some(&path), environment).map_err(|e| e.to_string().replace(&place, "FILE"))
}

fn same(left: &Config, right: &Config) {
    assert_eq!(format!("{left:#?}"), format!("{right:#?}"));
}

#[test]
fn the_environment_beats_the_file_and_the_file_beats_the_defaults() {
    let file = "[server]\nlisten = '127.0.0.1:1'\nmax_in_flight = 7\n[log]\nlevel = 'warn'\n";
    let environment = [
        ("VESTIBULE_SERVER__LISTEN", "127.0.0.1:2"),
        ("VESTIBULE_SERVER__OPEN", "true"),
        ("VESTIBULE_ADMIN__LISTEN", "[::1]:9"),
        (
            "VESTIBULE_DESTINATIONS__DEEPSEEK__BASE_URL",
            "http://127.0.0.1:4/v1",
        ),
        ("VESTIBULE_POLICY__FILE", ""),
        ("OTHER", "x"),
        ("VESTIBULE_SERVICE_HOST", "10.0.0.1"),
        ("VESTIBULE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("VESTIBULE_CONFIG", "vestibule.toml"),
    ];
    let config = load(file, &environment).unwrap();
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.admin.listen.to_string(), "[::1]:9");
    assert!(config.server.open);
    assert_eq!(config.server.max_in_flight, 7);
    assert_eq!(config.server.max_body_bytes, 32 * 1024 * 1024);
    assert_eq!(config.log.level, Level::Warn);
    assert_eq!(config.policy.file, None);
    let Some(DestinationConfig::Deepseek(deepseek)) = config.destinations.get("deepseek") else {
        panic!("the default destination is gone");
    };
    assert_eq!(deepseek.base_url.as_deref(), Some("http://127.0.0.1:4/v1"));
    assert!(config.destinations.contains_key("local"));
}

#[test]
fn nothing_configured_is_the_default() {
    same(&load("", &[]).unwrap(), &Config::default());
}

#[test]
fn what_is_wrong_is_said_with_key_source_and_next_step() {
    let file = |text: &'static str| (text, None);
    let env = |name, value| ("", Some((name, value)));
    let cases = [
        (
            file("[server]\nlissten = 'x'"),
            "unknown key `server.lissten` in `FILE`: did you mean `listen`?",
        ),
        (
            file("[sever]\n"),
            "unknown key `sever` in `FILE`: did you mean `server`?",
        ),
        (
            file("[log]\nzzz = 1"),
            "unknown key `log.zzz` in `FILE`: known are `level`, `format`",
        ),
        (
            file("[log]\nlevel = 'wran'"),
            "unknown word for `log.level` in `FILE`: did you mean `warn`?",
        ),
        (
            file("[server]\nmax_in_flight = 'many'"),
            "`server.max_in_flight` in `FILE` must be usize, not text",
        ),
        (
            file("[server]\nmax_in_flight = -1"),
            "`server.max_in_flight` in `FILE` must be usize",
        ),
        (
            file("[server]\nlisten = 'nowhere'"),
            "`server.listen` in `FILE`: invalid socket address syntax",
        ),
        (
            file("server = 3"),
            "`server` in `FILE` must be struct Config, not a number",
        ),
        (
            file("[destinations.vllm]\nbase_url = 'x'"),
            "`destinations.vllm` in `FILE` has no key `kind`: add it",
        ),
        (
            file("[destinations.vllm]\nkind = 'opnai'"),
            "unknown word for `destinations.vllm",
        ),
        (
            file("[destinations.deepseek]\nbase_ulr = 'x'"),
            "unknown key `destinations.deepseek.base_ulr` in `FILE`: did you mean `base_url`?",
        ),
        (
            env("VESTIBULE_SERVER__MAX_BODY_BYTE", "1"),
            "unknown key `server.max_body_byte` in the environment variable `VESTIBULE_SERVER__MAX_BODY_BYTE`: did you mean `max_body_bytes`?",
        ),
        (
            env("VESTIBULE_SERVER__OPEN", "maybe"),
            "`server.open` in the environment variable `VESTIBULE_SERVER__OPEN` must be a boolean, not text",
        ),
        (
            env("VESTIBULE_SERVER_LISTEN", "x"),
            "the environment variable `VESTIBULE_SERVER_LISTEN` is no key: write",
        ),
    ];
    for ((text, variable), expected) in cases {
        let message = load(text, variable.as_slice()).unwrap_err();
        assert!(
            message.starts_with(expected),
            "{message}\n  is not\n{expected}"
        );
    }
}

#[test]
fn no_message_and_no_debug_holds_a_value() {
    let secret = concat!("sk", "-0123456789");
    let files = [
        format!("[destinations.deepseek]\napi_key = ['{secret}']"),
        format!("[destinations.deepseek]\nconcurrency = '{secret}'"),
        format!("[destinations.deepseek]\nkind = '{secret}'"),
        format!("[destinations.deepseek]\napi_key = '{secret}"),
        format!("[server]\nlisten = '{secret}'"),
        format!("[audit]\ndurability = '{secret}'"),
        format!("[server]\nopen = '{secret}'"),
        format!("[server]\nopen = {secret}"),
    ];
    for file in files {
        let message = load(&file, &[]).unwrap_err();
        assert!(!message.contains(secret), "{message}");
        assert!(message.contains("FILE"), "{message}");
    }
    let name = "VESTIBULE_DESTINATIONS__DEEPSEEK__API_KEY";
    let config = load("", &[(name, secret)]).unwrap();
    let printed = format!("{config:?}");
    assert!(!printed.contains(secret) && printed.contains("***"));
}

#[test]
fn variables_that_the_configuration_names_are_no_mistakes() {
    let file = "[keys]\nkek_env = 'VESTIBULE_KEK'\n[destinations.deepseek]\napi_key_env = 'VESTIBULE_CLOUD'\n";
    let environment = [("VESTIBULE_KEK", "k"), ("VESTIBULE_CLOUD", "c")];
    assert!(load(file, &environment).is_ok());
    assert!(load("", &environment).is_err());
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let missing = Path::new("/nowhere/vestibule.toml");
    let error = layers::load(Some(missing), std::iter::empty())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("can't read the configuration `/nowhere/vestibule.toml`"),
        "{error}"
    );
}

#[test]
fn the_example_is_the_default() {
    same(&load(EXAMPLE, &[]).unwrap(), &Config::default());
}

/// A key that is commented out.
fn commented(line: &str) -> Option<&str> {
    line.strip_prefix('#')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Keys without a default stand in the example as `#key = value`, prose as `# text`.
#[test]
fn the_examples_commented_keys_can_be_used() {
    let keys: Vec<&str> = EXAMPLE.lines().filter_map(commented).collect();
    assert!(keys.len() > 10);
    let mut section = "";
    for line in EXAMPLE.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let Some(key) = commented(line) else { continue };
        let kind = EXAMPLE
            .lines()
            .skip_while(|l| *l != section)
            .find(|l| l.starts_with("kind"));
        let kind = kind
            .filter(|_| section.starts_with("[destinations."))
            .unwrap_or_default();
        let file = format!("{section}\n{kind}\n{key}\n");
        assert!(
            load(&file, &[]).is_ok(),
            "{file}\n{:?}",
            load(&file, &[]).err()
        );
    }
}

#[test]
fn the_example_holds_every_key() {
    let sections = known("zzz = 1");
    assert!(sections.len() >= 9, "{sections:?}");
    for section in sections {
        if section == "destinations" {
            continue;
        }
        holds(
            &format!("[{section}]"),
            &known(&format!("[{section}]\nzzz = 1")),
        );
    }
    for (name, kind) in DESTINATIONS {
        let section = format!("[destinations.{name}]");
        holds(
            &section,
            &known(&format!("{section}\nkind = '{kind}'\nzzz = 1")),
        );
    }
}

/// The keys that could stand where the file has one called `zzz`.
fn known(file: &str) -> Vec<String> {
    let message = load(file, &[]).unwrap_err();
    let (_, list) = message
        .split_once("known are ")
        .unwrap_or_else(|| panic!("{message}"));
    list.split(", ")
        .map(|key| key.trim_matches('`').to_owned())
        .collect()
}

fn holds(section: &str, keys: &[String]) {
    let mut lines = EXAMPLE.lines().skip_while(|line| *line != section);
    assert!(lines.next().is_some(), "no section {section}");
    let lines: Vec<&str> = lines.take_while(|line| !line.starts_with('[')).collect();
    for key in keys {
        let there = |line: &&str| {
            line.trim_start_matches('#')
                .strip_prefix(key.as_str())
                .is_some_and(|l| l.starts_with(" = "))
        };
        assert!(lines.iter().any(there), "{section} has no `{key}`");
    }
}
