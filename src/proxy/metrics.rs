//! Every number that `/metrics` shows, by name.
//!
//! Labels are names from the configuration and the policy (app, destination), closed sets of ours (route, class,
//! outcome, entity type), never values, paths, models that an app asked for, or free text. `proxy` counts what it sees
//! itself; `app.rs` counts what the house behind it tells, through the functions here.

use super::ProxyError;
use metrics::{Counter, Gauge, Histogram, Label, SharedString, counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Answers by `route` and status `class`.
pub const HTTP_ANSWERS: &str = "vestibule_http_answers_total";
/// Seconds from a request's head to the end of its answer, by `route`.
pub const HTTP_SECONDS: &str = "vestibule_http_seconds";
/// Requests that are running.
pub const HTTP_IN_FLIGHT: &str = "vestibule_http_in_flight";
/// Open connections of the data listener.
pub const CONNECTIONS: &str = "vestibule_connections";
/// Chats by `app`, `destination` and `outcome`.
pub const CHATS: &str = "vestibule_chats_total";
/// Seconds that a chat took, the destination's time included, by `destination`.
pub const CHAT_SECONDS: &str = "vestibule_chat_seconds";
/// Seconds that the gateway itself added before a chat left.
pub const ADDED_SECONDS: &str = "vestibule_added_seconds";
/// Findings by entity `type`.
pub const FINDINGS: &str = "vestibule_findings_total";
/// 1 while the `destination` answers, else 0.
pub const DESTINATION_UP: &str = "vestibule_destination_up";
/// Surrogates in replies that the request hadn't issued.
pub const UNKNOWN_SURROGATES: &str = "vestibule_unknown_surrogates_total";
/// Connections and plain requests of the forward proxy by `outcome`: `opened`, `tunnelled`, `refused`.
pub const FORWARDED: &str = "vestibule_forwarded_total";

const HELP: [(&str, &str); 11] = [
    (
        FORWARDED,
        "Connections and plain requests of the forward proxy by outcome.",
    ),
    (HTTP_ANSWERS, "Answers by route and status class."),
    (
        HTTP_SECONDS,
        "Seconds from a request's head to the end of its answer.",
    ),
    (HTTP_IN_FLIGHT, "Requests that are running."),
    (CONNECTIONS, "Open connections of the data listener."),
    (CHATS, "Chats by app, destination and outcome."),
    (
        CHAT_SECONDS,
        "Seconds that a chat took, the destination's time included.",
    ),
    (
        ADDED_SECONDS,
        "Seconds that the gateway added before a chat left.",
    ),
    (FINDINGS, "Findings by entity type."),
    (DESTINATION_UP, "1 while the destination answers, else 0."),
    (
        UNKNOWN_SURROGATES,
        "Surrogates in replies that the request had not issued.",
    ),
];

/// For times in which a model thinks.
const LONG_SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0,
];
/// For what the gateway itself adds.
const SHORT_SECONDS: [f64; 10] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25,
];

/// Makes the Prometheus recorder the process's own; call once, before any [`super::Server`] is made.
///
/// # Errors
///
/// [`ProxyError::Metrics`] where a recorder is installed already.
pub fn install() -> Result<PrometheusHandle, ProxyError> {
    let recorder = builder()?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| ProxyError::Metrics)?;
    for (name, help) in HELP {
        describe(name, help);
    }
    Ok(handle)
}

fn builder() -> Result<PrometheusBuilder, ProxyError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(HTTP_SECONDS.to_owned()), &LONG_SECONDS)
        .and_then(|b| {
            b.set_buckets_for_metric(Matcher::Full(CHAT_SECONDS.to_owned()), &LONG_SECONDS)
        })
        .and_then(|b| {
            b.set_buckets_for_metric(Matcher::Full(ADDED_SECONDS.to_owned()), &SHORT_SECONDS)
        })
        .map_err(|_| ProxyError::Metrics)
}

fn describe(name: &'static str, help: &'static str) {
    if name.ends_with("_total") {
        metrics::describe_counter!(name, help);
    } else if name.ends_with("_seconds") {
        metrics::describe_histogram!(name, metrics::Unit::Seconds, help);
    } else {
        metrics::describe_gauge!(name, help);
    }
}

/// What is counted of chats; a handle is looked up once for each set of labels.
#[derive(Default)]
pub struct ChatMetrics {
    chats: RwLock<BTreeMap<Ending, ChatHandles>>,
    findings: RwLock<BTreeMap<&'static str, Counter>>,
}

/// App, destination, outcome.
type Ending = (Arc<str>, Arc<str>, &'static str);

struct ChatHandles {
    chats: Counter,
    took: Histogram,
    added: Histogram,
}

impl ChatMetrics {
    /// A chat has ended.
    ///
    /// `outcome` is one word of a closed set, for instance `answered`, `blocked`, `failed`. `added` is the gateway's own
    /// time before the chat left.
    pub fn finished(
        &self,
        app: &Arc<str>,
        destination: &Arc<str>,
        outcome: &'static str,
        took: Duration,
        added: Duration,
    ) {
        let ending = (Arc::clone(app), Arc::clone(destination), outcome);
        count(&self.chats, ending, ChatHandles::register, |handles| {
            handles.chats.increment(1);
            handles.took.record(took);
            handles.added.record(added);
        });
    }

    /// So many findings of an entity type; `entity` is one of the built-in names or the policy's own.
    pub fn found(&self, entity: &'static str, many: u64) {
        let register = |entity: &&'static str| {
            counter!(FINDINGS, vec![Label::from_static_parts("type", entity)])
        };
        count(&self.findings, entity, register, |counter| {
            counter.increment(many);
        });
    }
}

impl ChatHandles {
    fn register((app, destination, outcome): &Ending) -> Self {
        let destination = Label::new("destination", SharedString::from(destination.clone()));
        let labels = vec![
            Label::new("app", SharedString::from(app.clone())),
            destination.clone(),
            Label::from_static_parts("outcome", outcome),
        ];
        Self {
            chats: counter!(CHATS, labels),
            took: histogram!(CHAT_SECONDS, vec![destination]),
            added: histogram!(ADDED_SECONDS),
        }
    }
}

impl std::fmt::Debug for ChatMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChatMetrics")
    }
}

/// Counts with the handles of these labels, which are registered where they are new.
fn count<K: Ord, H>(
    known: &RwLock<BTreeMap<K, H>>,
    labels: K,
    register: impl FnOnce(&K) -> H,
    add: impl FnOnce(&H),
) {
    if let Some(handle) = known.read().get(&labels) {
        return add(handle);
    }
    let handle = register(&labels);
    add(known.write().entry(labels).or_insert(handle));
}

/// Whether a destination answers.
pub fn destination_up(destination: &Arc<str>, up: bool) {
    let label = Label::new("destination", SharedString::from(destination.clone()));
    gauge!(DESTINATION_UP, vec![label]).set(if up { 1.0 } else { 0.0 });
}

/// The forward proxy was asked for a host.
pub(super) fn forwarded(outcome: &'static str) {
    counter!(FORWARDED, "outcome" => outcome).increment(1);
}

/// So many surrogates in a reply that its request hadn't issued.
pub fn unknown_surrogates(count: u64) {
    counter!(UNKNOWN_SURROGATES).increment(count);
}

/// Names of routes, in the order in which [`HttpMetrics`] keeps them.
use super::paths::NAMES as ROUTES;
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What `proxy` counts itself; handles are looked up once, so that counting is an addition.
pub(super) struct HttpMetrics {
    pub(super) in_flight: Gauge,
    pub(super) connections: Gauge,
    answers: [[Counter; CLASSES.len()]; ROUTES.len()],
    seconds: [Histogram; ROUTES.len()],
}

impl HttpMetrics {
    pub(super) fn register() -> Self {
        Self {
            in_flight: gauge!(HTTP_IN_FLIGHT),
            connections: gauge!(CONNECTIONS),
            answers: ROUTES.map(|route| {
                CLASSES.map(|class| counter!(HTTP_ANSWERS, "route" => route, "class" => class))
            }),
            seconds: ROUTES.map(|route| histogram!(HTTP_SECONDS, "route" => route)),
        }
    }

    /// For a listener that isn't counted.
    pub(super) fn silent() -> Self {
        Self {
            in_flight: Gauge::noop(),
            connections: Gauge::noop(),
            answers: ROUTES.map(|_| CLASSES.map(|_| Counter::noop())),
            seconds: ROUTES.map(|_| Histogram::noop()),
        }
    }

    /// An answer with this status begins.
    pub(super) fn answered(&self, route: usize, status: u16) {
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(counter) = self
            .answers
            .get(route)
            .and_then(|by_class| by_class.get(class))
        {
            counter.increment(1);
        }
    }

    /// An answer has ended, or its client is gone.
    pub(super) fn finished(&self, route: usize, took: Duration) {
        if let Some(histogram) = self.seconds.get(route) {
            histogram.record(took);
        }
    }
}

impl std::fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpMetrics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_rendered_under_its_name_with_its_labels() {
        let recorder = builder().unwrap().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            let http = HttpMetrics::register();
            http.answered(0, 503);
            http.finished(0, Duration::from_millis(3));
            http.in_flight.set(2.0);
            http.connections.set(4.0);
            let (app, cloud) = (Arc::from("crm"), Arc::from("deepseek"));
            let chats = ChatMetrics::default();
            chats.finished(
                &app,
                &cloud,
                "answered",
                Duration::from_secs(1),
                Duration::from_micros(80),
            );
            chats.found("EMAIL", 2);
            chats.found("EMAIL", 1);
            destination_up(&cloud, true);
            unknown_surrogates(1);
            forwarded("opened");
        });
        let text = handle.render();
        for line in [
            "vestibule_http_answers_total{route=\"chat\",class=\"5xx\"} 1",
            "vestibule_http_seconds_bucket{route=\"chat\",le=\"0.005\"} 1",
            "vestibule_http_in_flight 2",
            "vestibule_connections 4",
            "vestibule_chats_total{app=\"crm\",destination=\"deepseek\",outcome=\"answered\"} 1",
            "vestibule_chat_seconds_bucket{destination=\"deepseek\",le=\"1\"} 1",
            "vestibule_added_seconds_bucket{le=\"0.0001\"} 1",
            "vestibule_findings_total{type=\"EMAIL\"} 3",
            "vestibule_destination_up{destination=\"deepseek\"} 1",
            "vestibule_unknown_surrogates_total 1",
            "vestibule_forwarded_total{outcome=\"opened\"} 1",
        ] {
            assert!(text.lines().any(|l| l == line), "missing {line} in\n{text}");
        }
        for (name, _) in HELP {
            assert!(text.contains(name), "{name}");
        }
    }
}
