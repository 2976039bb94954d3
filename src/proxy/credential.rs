//! Which app is calling: the key in the headers, and when none is needed.
//!
//! Refuses to know: which keys there are (the house behind knows), and never puts a key into an error.

use super::rescue::Fault;
use super::service::ChatService;
use crate::pipeline::Refusal;
use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;

/// What our own keys begin with.
const PREFIX: &str = "vsk_";

const KEY_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
];

/// The app that the headers speak for.
///
/// A key of ours must be right, always. Without one, only an `open` listener answers: there any other key counts as none,
/// since official clients insist on sending one. A web page (a request with `Origin`) gets nothing without a key of ours:
/// any page in a browser on this machine can reach a loopback listener.
pub(super) fn app(
    service: &dyn ChatService,
    headers: &HeaderMap,
    open: bool,
) -> Result<Arc<str>, Refusal> {
    match key(headers)? {
        Some(key) if key.starts_with(PREFIX) => service.authenticate(Some(key), open),
        _ if open && headers.contains_key(ORIGIN) => Err(Fault::WebPage.into()),
        _ if open => service.authenticate(None, true),
        Some(_) => Err(Fault::ForeignKey.into()),
        None => Err(Fault::NoKey.into()),
    }
}

fn key(headers: &HeaderMap) -> Result<Option<&str>, Fault> {
    if let Some(value) = single(headers, &AUTHORIZATION)? {
        return bearer(value);
    }
    for name in &KEY_HEADERS {
        if let Some(value) = single(headers, name)? {
            let key = value.to_str().map_err(|_| Fault::UnclearKey)?.trim();
            return Ok((!key.is_empty()).then_some(key));
        }
    }
    Ok(None)
}

fn bearer(value: &HeaderValue) -> Result<Option<&str>, Fault> {
    let text = value.to_str().map_err(|_| Fault::UnclearKey)?.trim();
    let (scheme, key) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Fault::UnclearKey);
    }
    let key = key.trim();
    Ok((!key.is_empty()).then_some(key))
}

/// The header's value, if it is there once; two are two readings.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h HeaderValue>, Fault> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        Err(Fault::UnclearKey)
    } else {
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Call, Reply};
    use bytes::Bytes;
    use futures_util::future::BoxFuture;

    const OURS: &str = concat!("vs", "k_right");

    struct OneKey;

    impl ChatService for OneKey {
        fn chat(&self, _: Call) -> BoxFuture<'static, Result<Reply, Refusal>> {
            Box::pin(async { Err(Fault::Internal.into()) })
        }
        fn models(&self, _: &str) -> Bytes {
            Bytes::new()
        }
        fn authenticate(&self, key: Option<&str>, open: bool) -> Result<Arc<str>, Refusal> {
            match key {
                Some(OURS) => Ok("crm".into()),
                None if open => Ok("anonymous".into()),
                _ => Err(Fault::ForeignKey.into()),
            }
        }
        fn ready(&self) -> Result<(), String> {
            Ok(())
        }
    }

    fn ask(headers: &[(&str, &str)], open: bool) -> Result<String, &'static str> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        app(&OneKey, &map, open)
            .map(|app| app.to_string())
            .map_err(|refusal| refusal.code)
    }

    #[test]
    fn the_table_of_keys() {
        let ours = format!("Bearer {OURS}");
        let wrong = concat!("Bearer vs", "k_wrong");
        // (headers, answer of a closed listener, answer of an open one)
        let app = |name: &str| Ok(name.to_owned());
        let cases = [
            (vec![], Err("missing_api_key"), app("anonymous")),
            (
                vec![("authorization", ours.as_str())],
                app("crm"),
                app("crm"),
            ),
            (
                vec![("authorization", "bEaReR   vsk_right ")],
                app("crm"),
                app("crm"),
            ),
            (vec![("x-api-key", OURS)], app("crm"), app("crm")),
            (vec![("api-key", OURS)], app("crm"), app("crm")),
            (
                vec![("authorization", wrong)],
                Err("invalid_api_key"),
                Err("invalid_api_key"),
            ),
            (
                vec![("authorization", "Bearer sk-foreign")],
                Err("invalid_api_key"),
                app("anonymous"),
            ),
            (
                vec![("authorization", "Bearer ")],
                Err("missing_api_key"),
                app("anonymous"),
            ),
            (
                vec![("authorization", "Basic YTpi")],
                Err("invalid_api_key"),
                Err("invalid_api_key"),
            ),
            (
                vec![("authorization", "Bearer ключ")],
                Err("invalid_api_key"),
                Err("invalid_api_key"),
            ),
            (
                vec![("authorization", &ours), ("authorization", &ours)],
                Err("invalid_api_key"),
                Err("invalid_api_key"),
            ),
            (
                vec![("origin", "https://evil.example")],
                Err("missing_api_key"),
                Err("web_page_without_key"),
            ),
            (
                vec![("origin", "https://in.house"), ("authorization", &ours)],
                app("crm"),
                app("crm"),
            ),
        ];
        for (headers, closed, open) in cases {
            assert_eq!(ask(&headers, false), closed, "closed: {headers:?}");
            assert_eq!(ask(&headers, true), open, "open: {headers:?}");
        }
    }
}
