//! Downloads from hubs of model files, with resumption.
//!
//! Redirects are followed (hubs hand over to storage servers), but never from `https` to `http`. What comes is trusted only
//! by its sum.

use super::part::Part;
use super::{ModelError, Progress};
use futures_util::StreamExt;
use http::StatusCode;
use http::header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE};
use reqwest::{Client, Proxy, Response, Url, redirect};
use std::time::Duration;

/// Attempts without a new byte before a source is given up.
const FRUITLESS_ATTEMPTS: u32 = 3;
const SILENCE: Duration = Duration::from_mins(1);

/// Fills the part from `url`, going on after broken connections.
pub(super) async fn download(
    url: &Url,
    part: &mut Part<'_>,
    progress: &dyn Progress,
) -> Result<(), ModelError> {
    let client = client().map_err(|_| hub_error(url, "no TLS client can be made"))?;
    let mut fruitless = 0;
    while !part.is_full() {
        let before = part.length();
        match attempt(&client, url, part, progress).await {
            Ok(()) => return Ok(()),
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Passing(problem)) => {
                fruitless = if part.length() > before {
                    0
                } else {
                    fruitless + 1
                };
                if fruitless >= FRUITLESS_ATTEMPTS {
                    return Err(hub_error(url, &problem));
                }
                progress.note(&format!("{problem}; going on at {} bytes", part.length()));
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
    Ok(())
}

enum Failure {
    /// Trying again may help.
    Passing(String),
    Final(ModelError),
}

async fn attempt(
    client: &Client,
    url: &Url,
    part: &mut Part<'_>,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut request = client.get(url.clone()).header(ACCEPT_ENCODING, "identity");
    if part.length() > 0 {
        request = request.header(RANGE, format!("bytes={}-", part.length()));
    }
    let response = request.send().await.map_err(|error| failure(url, &error))?;
    begin(url, &response, part)?;
    let total = response.content_length().map(|rest| rest + part.length());
    progress.begin(&format!("fetching from {}", host(url)), total);
    let filled = fill(url, response, part).await;
    progress.end();
    filled
}

/// Brings the part to where the answer begins.
fn begin(url: &Url, response: &Response, part: &mut Part<'_>) -> Result<(), Failure> {
    match response.status() {
        StatusCode::PARTIAL_CONTENT if starts_at(response, part.length()) => Ok(()),
        StatusCode::OK => part.restart().map_err(Failure::Final),
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
            part.restart().map_err(Failure::Final)?;
            Err(Failure::Passing("can't go on where it broke off".into()))
        }
        status if status.is_server_error() => Err(Failure::Passing(status.to_string())),
        status => Err(Failure::Final(hub_error(url, &status.to_string()))),
    }
}

fn starts_at(response: &Response, start: u64) -> bool {
    let range = response
        .headers()
        .get(CONTENT_RANGE)
        .and_then(|value| value.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {start}-")))
}

async fn fill(url: &Url, response: Response, part: &mut Part<'_>) -> Result<(), Failure> {
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| failure(url, &error))?;
        part.write(&piece).map_err(Failure::Final)?;
    }
    Ok(())
}

fn client() -> reqwest::Result<Client> {
    let follow = redirect::Policy::custom(|attempt| {
        let was_secure = attempt
            .previous()
            .last()
            .is_some_and(|url| url.scheme() == "https");
        if attempt.previous().len() > 5 || (was_secure && attempt.url().scheme() != "https") {
            attempt.error("a redirect that isn't followed")
        } else {
            attempt.follow()
        }
    });
    let mut builder = Client::builder()
        .redirect(follow)
        .no_proxy()
        .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(15))
        .read_timeout(SILENCE);
    let proxy = ["https_proxy", "HTTPS_PROXY"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    if let Some(proxy) = proxy.filter(|proxy| !proxy.is_empty()) {
        builder = builder.proxy(Proxy::https(proxy)?);
    }
    builder.build()
}

fn failure(url: &Url, error: &reqwest::Error) -> Failure {
    if error.is_redirect() {
        return Failure::Final(hub_error(url, "a redirect that isn't followed"));
    }
    let problem = match () {
        () if error.is_timeout() => "no answer in time",
        () if error.is_connect() || error.is_dns() => "can't be reached",
        () => "the connection broke",
    };
    Failure::Passing(problem.into())
}

fn hub_error(url: &Url, problem: &str) -> ModelError {
    ModelError::Hub {
        host: host(url),
        problem: problem.to_owned(),
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}
