//! What a configuration may say, and how it is told what it may not.

use super::*;
use crate::infer::cloud::DEEPSEEK;

fn config(base_url: &str) -> RemoteConfig {
    let models = BTreeMap::from([("chat".to_owned(), "real".to_owned())]);
    RemoteConfig {
        base_url: Some(base_url.to_owned()),
        models,
        ..RemoteConfig::default()
    }
}

fn problem(config: &RemoteConfig, reach: Reach) -> String {
    let error = Settings::check("there", config, &OPENAI_COMPATIBLE, reach).unwrap_err();
    error.to_string()
}

#[test]
fn base_urls() {
    let good = [
        ("https://llm.example/v1", Reach::Outside),
        ("https://10.0.0.5/v1/", Reach::Inside),
        ("http://127.0.0.1:9000", Reach::Outside),
        ("http://[::1]:9000", Reach::Outside),
        ("http://localhost:9000", Reach::Outside),
        ("https://1.1.1.1", Reach::Outside),
    ];
    for (url, reach) in good {
        assert!(
            Settings::check("x", &config(url), &OPENAI_COMPATIBLE, reach).is_ok(),
            "{url}"
        );
    }
    let bad = [
        ("http://llm.example/v1", Reach::Inside, "allow_http"),
        ("http://10.0.0.5", Reach::Inside, "allow_http"),
        ("http://localhost.example", Reach::Inside, "allow_http"),
        ("https://10.0.0.5", Reach::Outside, "allow_private"),
        ("https://0xa.1", Reach::Outside, "allow_private"),
        ("https://[::ffff:10.0.0.5]", Reach::Outside, "allow_private"),
        (
            "https://169.254.169.254",
            Reach::Inside,
            "no destination may have",
        ),
        ("ftp://llm.example", Reach::Inside, "https://"),
        ("https://u:p@llm.example", Reach::Inside, "api_key_env"),
        ("https://llm.example?x=1", Reach::Inside, "without `?`"),
        ("llm.example", Reach::Inside, "not a URL"),
    ];
    for (url, reach, words) in bad {
        let problem = problem(&config(url), reach);
        assert!(problem.contains(words), "{url}: {problem}");
    }
}

#[test]
fn relaxations_are_said_in_the_configuration() {
    let relay = RemoteConfig {
        allow_private: true,
        allow_http: true,
        ..config("http://10.0.0.5")
    };
    let settings = Settings::check("x", &relay, &OPENAI_COMPATIBLE, Reach::Outside).unwrap();
    assert_eq!(settings.wire.target.rule, AddressRule::Any);
}

#[test]
fn address_rules() {
    let rule = |url: &str, reach| {
        let checked = Settings::check("x", &config(url), &OPENAI_COMPATIBLE, reach);
        checked.unwrap().wire.target.rule
    };
    assert_eq!(
        rule("https://llm.example", Reach::Outside),
        AddressRule::Public
    );
    assert_eq!(rule("https://llm.example", Reach::Inside), AddressRule::Any);
    assert_eq!(
        rule("http://localhost:1", Reach::Inside),
        AddressRule::Loopback
    );
}

#[test]
fn paths_with_and_without_beta() {
    let urls = |base: &str, facts| {
        let wire = Settings::check("x", &config(base), facts, Reach::Inside)
            .unwrap()
            .wire;
        [wire.paths[&Format::Chat].clone(), wire.beta, wire.list].map(|url| url.path().to_owned())
    };
    let root = ["/chat/completions", "/beta/chat/completions", "/models"];
    assert_eq!(urls("https://a.example", &DEEPSEEK), root);
    let v1 = [
        "/v1/chat/completions",
        "/beta/chat/completions",
        "/v1/models",
    ];
    assert_eq!(urls("https://a.example/v1/", &DEEPSEEK), v1);
    let plain = [
        "/api/v3/chat/completions",
        "/api/v3/chat/completions",
        "/api/v3/models",
    ];
    assert_eq!(urls("https://a.example/api/v3", &OPENAI_COMPATIBLE), plain);
}

#[test]
fn every_format_has_its_path_where_the_service_has_it() {
    let paths = |base: &str, facts, speaks: Option<&[Format]>| {
        let config = RemoteConfig {
            speaks: speaks.map(<[Format]>::to_vec),
            ..config(base)
        };
        let wire = Settings::check("x", &config, facts, Reach::Inside)
            .unwrap()
            .wire;
        let paths: Vec<_> = wire.paths.values().map(Uri::path).collect();
        paths.join(" ")
    };
    let deepseek = "/v1/chat/completions /beta/completions /v1/responses /anthropic/v1/messages \
                    /anthropic/v1/messages/count_tokens";
    let got = paths("https://a.example/v1", &DEEPSEEK, None);
    assert_eq!(got, deepseek);
    let openai = "/v1/chat/completions /v1/completions /v1/embeddings /v1/responses";
    let got = paths("https://a.example/v1", &OPENAI_COMPATIBLE, None);
    assert_eq!(got, openai);
    let only = Some(&[Format::Messages][..]);
    let got = paths("https://a.example/v1", &OPENAI_COMPATIBLE, only);
    assert_eq!(got, "/v1/messages");
    let none = RemoteConfig {
        speaks: Some(Vec::new()),
        ..config("https://a.example")
    };
    assert!(problem(&none, Reach::Inside).contains("`speaks` is empty"));
}

#[test]
fn deepseek_needs_nothing_but_a_key() {
    let bare = RemoteConfig {
        api_key_env: Some("VESTIBULE_TEST_UNSET".into()),
        ..RemoteConfig::default()
    };
    let settings = Settings::check("deepseek", &bare, &DEEPSEEK, Reach::Outside).unwrap();
    assert!(settings.key_missing);
    let Target {
        host, port, rule, ..
    } = &settings.wire.target;
    assert_eq!((host.as_str(), *port), ("api.deepseek.com", 443));
    assert_eq!(
        (*rule, settings.wire.paths[&Format::Chat].path()),
        (AddressRule::Public, "/chat/completions")
    );
    assert_eq!(settings.wire.headers[header::HOST], "api.deepseek.com");
    assert_eq!(
        settings.models.upstream(Some("deepseek-v4-pro")),
        Some("deepseek-v4-pro")
    );
    assert_eq!(settings.models.upstream(Some("my phone is 1380000")), None);
    let keyed = RemoteConfig {
        api_key: Some(Secret::new("k".into())),
        ..RemoteConfig::default()
    };
    let settings = Settings::check("deepseek", &keyed, &DEEPSEEK, Reach::Outside).unwrap();
    assert!(!settings.key_missing);
}

#[test]
fn other_mistakes_are_named() {
    let base = || config("https://llm.example");
    let header = |name: &str, value: &str| RemoteConfig {
        extra_headers: BTreeMap::from([(name.to_owned(), Secret::new(value.to_owned()))]),
        ..base()
    };
    let cases = [
        (RemoteConfig::default(), "`base_url` is missing"),
        (
            RemoteConfig {
                models: BTreeMap::new(),
                ..base()
            },
            "`models` is empty",
        ),
        (
            RemoteConfig {
                idle_timeout_s: Some(0),
                ..base()
            },
            "`idle_timeout_s` is 0",
        ),
        (
            RemoteConfig {
                connect_timeout_s: Some(301),
                ..base()
            },
            "1–300",
        ),
        (
            RemoteConfig {
                concurrency: Some(0),
                ..base()
            },
            "`concurrency` is 0",
        ),
        (header("authorization", "x"), "set by the gateway itself"),
        (header("Host", "x"), "set by the gateway itself"),
        (header("a b", "x"), "not a header name"),
        (header("x-team", "a\nb"), "can't stand in a header"),
        (
            RemoteConfig {
                api_key: Some(Secret::new("a\nb".into())),
                ..base()
            },
            "the API key",
        ),
    ];
    for (config, words) in cases {
        let problem = problem(&config, Reach::Inside);
        assert!(
            problem.contains(words) && !problem.contains("a\nb"),
            "{problem}"
        );
    }
}

#[test]
fn secrets_never_show() {
    let secret = || Secret::new("hush-hush".to_owned());
    let config = RemoteConfig {
        api_key: Some(secret()),
        extra_headers: BTreeMap::from([("x-team".to_owned(), secret())]),
        ..config("https://llm.example")
    };
    let settings = Settings::check("x", &config, &OPENAI_COMPATIBLE, Reach::Inside).unwrap();
    assert_eq!(
        settings.wire.headers[header::AUTHORIZATION],
        "Bearer hush-hush"
    );
    assert!(!format!("{config:?} {settings:?}").contains("hush"));
    assert!(format!("{config:?}").contains("***"));
}
