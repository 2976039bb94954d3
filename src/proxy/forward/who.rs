//! Which app uses the proxy: `Proxy-Authorization` with a key of ours, as password (or user) of `Basic` or as `Bearer`.

use super::fault::Fault;
use crate::proxy::service::ChatService;
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, ORIGIN, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;

/// What our own keys begin with.
const PREFIX: &str = "vsk_";
const KEY_HEADERS: [HeaderName; 3] = [
    AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
];

/// Who uses the proxy.
pub(super) struct Caller {
    pub(super) app: Arc<str>,
    /// `Bearer` with the key that said so, for the requests inside: it is checked with each, so that a key that was
    /// taken back ends long connections too.
    pub(super) key: Option<HeaderValue>,
}

/// Who it is; `None` where nobody says and the listener isn't open.
///
/// As for requests, a key of ours must be right, and on an open listener any other counts as none.
pub(super) fn caller(
    service: &dyn ChatService,
    headers: &HeaderMap,
    open: bool,
) -> Result<Option<Caller>, Fault> {
    let mut values = headers.get_all(PROXY_AUTHORIZATION).iter();
    let ours = values.next().and_then(ours);
    if values.next().is_some() {
        return Err(Fault::Key);
    }
    match ours {
        Some(key) => {
            let app = service
                .authenticate(Some(&key), open)
                .map_err(|_| Fault::Key)?;
            let mut bearer =
                HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| Fault::Key)?;
            bearer.set_sensitive(true);
            Ok(Some(Caller {
                app,
                key: Some(bearer),
            }))
        }
        None if open => {
            let app = service.authenticate(None, true).map_err(|_| Fault::Key)?;
            Ok(Some(Caller { app, key: None }))
        }
        None if headers.contains_key(PROXY_AUTHORIZATION) => Err(Fault::Key),
        None => Ok(None),
    }
}

/// The key of ours in the header, if it holds one.
fn ours(value: &HeaderValue) -> Option<String> {
    let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return rest.starts_with(PREFIX).then(|| rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64.decode(rest.as_bytes()).ok()?).ok()?;
    let (user, password) = pair.split_once(':').unwrap_or((&pair, ""));
    let key = [password, user]
        .into_iter()
        .find(|word| word.starts_with(PREFIX));
    key.map(str::to_owned)
}

/// Puts `key` into a request that brings none of ours, in place of a provider's key.
///
/// Not into a request of a web page: browsers give a proxy's password to every page, and pages use this gateway with a
/// key of their own.
pub(super) fn lend(key: &HeaderValue, headers: &mut HeaderMap) {
    let ours =
        |value: &HeaderValue| memchr::memmem::find(value.as_bytes(), PREFIX.as_bytes()).is_some();
    let has_ours = KEY_HEADERS
        .iter()
        .any(|name| headers.get_all(name).iter().any(ours));
    if has_ours || headers.contains_key(ORIGIN) {
        return;
    }
    for name in KEY_HEADERS {
        headers.remove(name);
    }
    headers.insert(AUTHORIZATION, key.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Call, Refusal, Reply};
    use bytes::Bytes;
    use futures_util::future::BoxFuture;

    const KEY: &str = concat!("vs", "k_right");

    struct OneKey;

    impl ChatService for OneKey {
        fn chat(&self, _: Call) -> BoxFuture<'static, Result<Reply, Refusal>> {
            Box::pin(async { Err(Fault::Overloaded.into()) })
        }
        fn models(&self, _: &str) -> Bytes {
            Bytes::new()
        }
        fn authenticate(&self, key: Option<&str>, _: bool) -> Result<Arc<str>, Refusal> {
            match key {
                Some(KEY) => Ok("crm".into()),
                None => Ok("anonymous".into()),
                _ => Err(Fault::Key.into()),
            }
        }
        fn ready(&self) -> Result<(), String> {
            Ok(())
        }
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", BASE64.encode(pair.as_bytes()))
    }

    #[test]
    fn the_proxys_password_says_which_app_it_is() {
        let wrong = concat!("vs", "k_wrong");
        // (header, on a closed listener, on an open one); `Err` is 407
        let app = |name: &str| Ok(Some(name.to_owned()));
        for (value, closed, open) in [
            (None, Ok(None), app("anonymous")),
            (Some(basic(&format!("app:{KEY}"))), app("crm"), app("crm")),
            (Some(basic(&format!("{KEY}:"))), app("crm"), app("crm")),
            (Some(basic(KEY)), app("crm"), app("crm")),
            (Some(format!("bearer  {KEY}")), app("crm"), app("crm")),
            (Some(basic(&format!("app:{wrong}"))), Err(()), Err(())),
            (Some(basic("user:password")), Err(()), app("anonymous")),
            (Some("Basic !!!".to_owned()), Err(()), app("anonymous")),
            (Some("Negotiate abc".to_owned()), Err(()), app("anonymous")),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = &value {
                headers.append(PROXY_AUTHORIZATION, value.parse().unwrap());
            }
            let ask = |open| {
                let caller = caller(&OneKey, &headers, open).map_err(drop)?;
                Ok(caller.map(|caller| caller.app.to_string()))
            };
            assert_eq!(ask(false), closed, "closed: {value:?}");
            assert_eq!(ask(true), open, "open: {value:?}");
        }
    }

    #[test]
    fn a_providers_key_gives_way_and_a_key_of_ours_does_not() {
        let lent = HeaderValue::from_static(concat!("Bearer vs", "k_lent"));
        let own = format!("Bearer {KEY}");
        for (given, expected) in [
            (vec![], Some(lent.to_str().unwrap())),
            (
                vec![("authorization", "Bearer sk-provider")],
                Some(lent.to_str().unwrap()),
            ),
            (
                vec![("x-api-key", "sk-provider")],
                Some(lent.to_str().unwrap()),
            ),
            (vec![("authorization", own.as_str())], Some(own.as_str())),
            (vec![("x-api-key", KEY)], None),
            (vec![("origin", "https://page.example")], None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in &given {
                headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            }
            lend(&lent, &mut headers);
            let sent = headers
                .get(AUTHORIZATION)
                .map(|value| value.to_str().unwrap());
            assert_eq!(sent, expected, "{given:?}");
            let provider = headers
                .get("x-api-key")
                .is_some_and(|key| key == "sk-provider");
            assert!(!provider, "{given:?}");
        }
    }
}
