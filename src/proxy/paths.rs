//! The routing table: which path is which request, and in which words its errors are told.
//!
//! Refuses to know: headers, bodies.

use super::rescue::Fault;
use crate::protocol::Format;
use http::Method;

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// An answer of a model.
    Ask {
        /// In which words.
        format: Format,
        /// Whether the app used the `/beta` prefix.
        beta: bool,
    },
    /// The list of models.
    Models,
    /// The balance of the account at a destination.
    Balance,
}

/// Every path that is answered, without the prefixes of [`split`].
const ANSWERED: [(&str, Format); 6] = [
    ("/chat/completions", Format::Chat),
    ("/completions", Format::Completions),
    ("/embeddings", Format::Embeddings),
    ("/responses", Format::Responses),
    ("/messages", Format::Messages),
    ("/messages/count_tokens", Format::CountTokens),
];

/// Endpoints of these APIs that are not offered: what they carry can't be inspected, or is kept at the destination.
const NOT_OFFERED: [&str; 24] = [
    "assistants",
    "audio",
    "batches",
    "chat",
    "containers",
    "conversations",
    "evals",
    "files",
    "fine_tuning",
    "images",
    "messages",
    "models",
    "moderations",
    "organization",
    "organizations",
    "realtime",
    "responses",
    "skills",
    "threads",
    "tools",
    "uploads",
    "user",
    "vector_stores",
    "videos",
];

/// The prefix of a path, and the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    None,
    V1,
    Beta,
    Anthropic,
}

fn split(path: &str) -> (Prefix, &str) {
    let prefixes = [
        ("/v1", Prefix::V1),
        ("/beta", Prefix::Beta),
        ("/anthropic/v1", Prefix::Anthropic),
        ("/anthropic", Prefix::Anthropic),
    ];
    let found = prefixes.iter().find_map(|(name, prefix)| {
        let rest = path.strip_prefix(name)?;
        rest.starts_with('/').then_some((*prefix, rest))
    });
    found.unwrap_or((Prefix::None, path))
}

/// What a request wants; or why nobody may have that.
pub(super) fn route(method: &Method, path: &str) -> Result<Route, Fault> {
    let (prefix, rest) = split(path);
    let asked = ANSWERED.iter().find(|(known, _)| *known == rest);
    let (route, needed, allow) = match asked {
        Some((_, format)) if is_under(prefix, *format) => {
            let beta = prefix == Prefix::Beta;
            let format = *format;
            (Route::Ask { format, beta }, Method::POST, "POST")
        }
        None if rest == "/models" => (Route::Models, Method::GET, "GET"),
        None if path == "/user/balance" => (Route::Balance, Method::GET, "GET"),
        _ => return Err(unknown(rest)),
    };
    if *method == needed {
        Ok(route)
    } else {
        Err(Fault::WrongMethod { allow })
    }
}

/// Whether an API has that path under that prefix.
fn is_under(prefix: Prefix, format: Format) -> bool {
    match format {
        Format::Messages | Format::CountTokens => {
            matches!(prefix, Prefix::V1 | Prefix::Anthropic)
        }
        Format::Chat | Format::Completions => prefix != Prefix::Anthropic,
        Format::Embeddings | Format::Responses => matches!(prefix, Prefix::None | Prefix::V1),
    }
}

fn unknown(rest: &str) -> Fault {
    let mut steps = rest.split('/').skip(1);
    match steps.next() {
        Some(first) if NOT_OFFERED.contains(&first) => Fault::NotOffered,
        _ => Fault::UnknownPath,
    }
}

/// In which words an error on that path is told.
pub(super) fn words(path: &str) -> Format {
    let (prefix, rest) = split(path);
    if prefix == Prefix::Anthropic || rest.starts_with("/messages") {
        Format::Messages
    } else if rest == "/responses" {
        Format::Responses
    } else {
        Format::Chat
    }
}

/// Names of routes for metrics, in the order of [`metric_index`].
pub(super) const NAMES: [&str; Format::ALL.len() + 3] = [
    "chat",
    "completions",
    "embeddings",
    "responses",
    "messages",
    "count_tokens",
    "models",
    "balance",
    "other",
];

/// Where metrics count this request: a place in [`NAMES`].
pub(super) fn metric_index(method: &Method, path: &str) -> usize {
    const MODELS: usize = Format::ALL.len();
    match route(method, path) {
        Ok(Route::Ask { format, .. }) => format as usize,
        Ok(Route::Models) => MODELS,
        Ok(Route::Balance) => MODELS + 1,
        Err(_) => MODELS + 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_routing_table() {
        use Format::{Chat, Completions, CountTokens, Embeddings, Messages, Responses};
        let ask = |format| {
            Ok(Route::Ask {
                format,
                beta: false,
            })
        };
        let beta = |format| Ok(Route::Ask { format, beta: true });
        let cases = [
            ("/v1/chat/completions", ask(Chat)),
            ("/chat/completions", ask(Chat)),
            ("/beta/chat/completions", beta(Chat)),
            ("/completions", ask(Completions)),
            ("/v1/completions", ask(Completions)),
            ("/beta/completions", beta(Completions)),
            ("/embeddings", ask(Embeddings)),
            ("/v1/embeddings", ask(Embeddings)),
            ("/responses", ask(Responses)),
            ("/v1/responses", ask(Responses)),
            ("/v1/messages", ask(Messages)),
            ("/anthropic/v1/messages", ask(Messages)),
            ("/anthropic/messages", ask(Messages)),
            ("/v1/messages/count_tokens", ask(CountTokens)),
            ("/anthropic/v1/messages/count_tokens", ask(CountTokens)),
            ("/messages", Err(Fault::NotOffered)),
            ("/anthropic/v1/chat/completions", Err(Fault::NotOffered)),
            ("/beta/responses", Err(Fault::NotOffered)),
            ("/v1/files", Err(Fault::NotOffered)),
            ("/files", Err(Fault::NotOffered)),
            ("/v1/responses/resp_1/cancel", Err(Fault::NotOffered)),
            ("/v1/messages/batches", Err(Fault::NotOffered)),
            ("/v1/tools/search", Err(Fault::NotOffered)),
            ("/v1/chat/completions/", Err(Fault::NotOffered)),
            ("/V1/chat/completions", Err(Fault::UnknownPath)),
            ("//v1/chat/completions", Err(Fault::UnknownPath)),
            ("/v1/chat%2Fcompletions", Err(Fault::UnknownPath)),
            ("/v1/../v1/chat/completions", Err(Fault::UnknownPath)),
            ("/v1/v1/completions", Err(Fault::UnknownPath)),
            ("/v1completions", Err(Fault::UnknownPath)),
            ("/", Err(Fault::UnknownPath)),
            ("/v1", Err(Fault::UnknownPath)),
        ];
        for (path, expected) in cases {
            assert_eq!(route(&Method::POST, path), expected, "{path}");
        }
        for path in [
            "/v1/models",
            "/models",
            "/beta/models",
            "/anthropic/v1/models",
        ] {
            assert_eq!(route(&Method::GET, path), Ok(Route::Models), "{path}");
        }
    }

    #[test]
    fn each_path_has_one_method() {
        let cases = [
            (Method::GET, "/v1/chat/completions", "POST"),
            (Method::OPTIONS, "/v1/messages", "POST"),
            (Method::POST, "/v1/models", "GET"),
            (Method::HEAD, "/models", "GET"),
        ];
        for (method, path, allow) in cases {
            assert_eq!(route(&method, path), Err(Fault::WrongMethod { allow }));
        }
        let single = route(&Method::GET, "/v1/models/deepseek-flash");
        assert_eq!(single, Err(Fault::NotOffered));
    }

    #[test]
    fn metrics_name_every_format() {
        for format in Format::ALL {
            assert_eq!(NAMES[format as usize], format.as_str());
        }
        assert_eq!(NAMES[metric_index(&Method::GET, "/models")], "models");
        assert_eq!(NAMES[metric_index(&Method::GET, "/x")], "other");
        let balance = metric_index(&Method::GET, "/user/balance");
        assert_eq!(NAMES[balance], "balance");
    }

    #[test]
    fn errors_are_told_in_the_words_of_their_api() {
        for (path, format) in [
            ("/v1/messages", Format::Messages),
            ("/v1/messages/count_tokens", Format::Messages),
            ("/anthropic/v1/anything", Format::Messages),
            ("/responses", Format::Responses),
            ("/v1/embeddings", Format::Chat),
            ("/unknown", Format::Chat),
        ] {
            assert_eq!(words(path), format, "{path}");
        }
    }
}
