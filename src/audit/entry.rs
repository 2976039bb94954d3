//! What an entry says, and how it becomes bytes. No value, no prompt, no credential, no upstream text has a place in it.

use super::object::Object;
use crate::base::{RequestId, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A request was decided; written before it leaves.
    #[default]
    LlmRequest,
    /// What came of it.
    LlmReply,
    /// A policy is in use from now on.
    PolicyActive,
    /// An app got a key.
    KeyNew,
    /// An app's key was revoked.
    KeyRevoke,
    /// A host that is not ours to open is about to be connected to; `destination` is the list's entry, `bytes_out` and
    /// `bytes_in` of the entry at its end are those to the host and back.
    ForwardTunnel,
    /// Such a connection is over.
    ForwardEnd,
    /// A host was asked for that no list has.
    ForwardRefused,
    /// The local authority whose certificates are in use from now on; `actor` is its fingerprint.
    AuthorityActive,
    /// The gateway began.
    NodeStart,
    /// The gateway ended as it should.
    NodeStop,
    /// Nothing happened for a while.
    Heartbeat,
    /// Entries could not be written; `numbers` says how many.
    Gap,
    /// The bodies of old entries are dropped; `numbers` says below which.
    Retention,
}

impl Kind {
    /// Its name in the log.
    const fn word(self) -> &'static str {
        match self {
            Self::LlmRequest => "llm.request",
            Self::LlmReply => "llm.reply",
            Self::PolicyActive => "policy.active",
            Self::KeyNew => "key.new",
            Self::KeyRevoke => "key.revoke",
            Self::ForwardTunnel => "forward.tunnel",
            Self::ForwardEnd => "forward.end",
            Self::ForwardRefused => "forward.refused",
            Self::AuthorityActive => "authority.active",
            Self::NodeStart => "node.start",
            Self::NodeStop => "node.stop",
            Self::Heartbeat => "checkpoint.heartbeat",
            Self::Gap => "audit.gap",
            Self::Retention => "audit.retention",
        }
    }
}

/// One entry, before it has its time, number and hashes. Empty fields are left out.
///
/// Text here is ours or the policy's: names, codes, types. Never put in what came in a request or a reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// What happened.
    pub kind: Kind,
    /// Whose data.
    pub tenant: String,
    /// Which app.
    pub app: Arc<str>,
    /// Who: the look-up prefix of a key, a role.
    pub actor: String,
    /// Joins the entries of one request.
    pub request_id: Option<RequestId>,
    /// The model, where it is one that the policy or the configuration names.
    pub model: Arc<str>,
    /// Where it goes.
    pub destination: Arc<str>,
    /// The policy that decided.
    pub policy: Option<Arc<PolicyRef>>,
    /// What was decided.
    pub decision: &'static str,
    /// Codes of the reasons.
    pub reasons: Vec<Arc<str>>,
    /// Entity type and how many.
    pub findings: Arc<BTreeMap<&'static str, u32>>,
    /// Operator and how many.
    pub operators: BTreeMap<&'static str, u32>,
    /// Entity types that the scan of the outbound bytes still found; empty is clean, `None` is not scanned.
    pub residual: Option<Vec<String>>,
    /// Bytes of the body that came in.
    pub bytes_in: Option<u64>,
    /// Bytes of the body that went out.
    pub bytes_out: Option<u64>,
    /// What the model counted.
    pub tokens: Option<Tokens>,
    /// Surrogates in the reply that the request did not issue.
    pub unknown_surrogates: Option<u32>,
    /// Microseconds.
    pub latency_us: Option<u64>,
    /// How it ended.
    pub outcome: &'static str,
    /// The HTTP status that the app got.
    pub status: Option<u16>,
    /// Numbers that only some kinds have.
    pub numbers: BTreeMap<&'static str, u64>,
}

/// Which policy, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyRef {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its resolved text, in hex.
    pub sha256: String,
}

/// Model tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Of the prompt.
    pub prompt: u64,
    /// Of the answer.
    pub completion: u64,
    /// Of the prompt, answered from the provider's cache.
    pub cached: u64,
}

impl Entry {
    /// An entry that says no more than its kind and some numbers.
    pub fn of(kind: Kind, numbers: impl IntoIterator<Item = (&'static str, u64)>) -> Self {
        Self {
            kind,
            numbers: numbers.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The second half of the entry's JSON, from `"time"` on; the first half is known when it has its place.
    pub(super) fn to_body(&self, now: Timestamp) -> Vec<u8> {
        let mut body = Vec::with_capacity(640);
        let mut object = Object::within(&mut body);
        object.text("time", &time_text(now));
        self.write(&mut object);
        object.end();
        body
    }

    /// By hand, since it is done twice a request. Every field is named here, so that none is forgotten.
    fn write(&self, object: &mut Object<'_>) {
        let Self {
            kind,
            tenant,
            app,
            actor,
            request_id,
            model,
            destination,
            policy,
            decision,
            reasons,
            findings,
            operators,
            residual,
            bytes_in,
            bytes_out,
            tokens,
            unknown_surrogates,
            latency_us,
            outcome,
            status,
            numbers,
        } = self;
        object.text("kind", kind.word());
        object.some_text("tenant", tenant);
        object.some_text("app", app);
        object.some_text("actor", actor);
        if let Some(id) = request_id {
            object.text("request_id", str::from_utf8(&id.text()).unwrap_or_default());
        }
        object.some_text("model", model);
        object.some_text("destination", destination);
        if let Some(policy) = policy {
            policy.write(&mut object.object("policy"));
        }
        object.some_text("decision", decision);
        if !reasons.is_empty() {
            object.list("reasons", reasons);
        }
        object.counts("findings", findings);
        object.counts("operators", operators);
        if let Some(residual) = residual {
            object.list("residual", residual);
        }
        object.some_number("bytes_in", *bytes_in);
        object.some_number("bytes_out", *bytes_out);
        if let Some(tokens) = tokens {
            tokens.write(&mut object.object("tokens"));
        }
        object.some_number("unknown_surrogates", unknown_surrogates.map(u64::from));
        object.some_number("latency_us", *latency_us);
        object.some_text("outcome", outcome);
        object.some_number("status", status.map(u64::from));
        object.counts("numbers", numbers);
    }
}

impl PolicyRef {
    fn write(&self, object: &mut Object<'_>) {
        let Self {
            name,
            version,
            sha256,
        } = self;
        object.text("name", name);
        object.text("version", version);
        object.text("sha256", sha256);
    }
}

impl Tokens {
    fn write(self, object: &mut Object<'_>) {
        object.number("prompt", self.prompt);
        object.number("completion", self.completion);
        object.number("cached", self.cached);
    }
}

/// RFC 3339, in UTC, to the microsecond.
pub(super) fn time_text(time: Timestamp) -> String {
    let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
    let civil = jiff::tz::Offset::UTC.to_datetime(time);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let fields: [(i32, usize); 7] = [
        (civil.year().into(), 4),
        (civil.month().into(), 7),
        (civil.day().into(), 10),
        (civil.hour().into(), 13),
        (civil.minute().into(), 16),
        (civil.second().into(), 19),
        (civil.subsec_nanosecond() / 1_000, 26),
    ];
    for (number, end) in fields {
        write_number(&mut text, number, end);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// In decimal, over the digits that end before `end`.
fn write_number(text: &mut [u8], mut number: i32, end: usize) {
    let digits = text.get_mut(..end).unwrap_or_default().iter_mut().rev();
    for digit in digits.take_while(|byte| byte.is_ascii_digit()) {
        *digit = b'0' + (number % 10).unsigned_abs() as u8;
        number /= 10;
    }
}

/// Reads [`time_text`] again.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(time.as_microsecond())
        .ok()
        .map(Timestamp::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(entry: &Entry) -> String {
        String::from_utf8(entry.to_body(Timestamp::from_micros(1_764_000_000_000_001))).unwrap()
    }

    #[test]
    fn an_empty_entry_is_time_and_kind() {
        assert_eq!(
            text(&Entry::default()),
            r#""time":"2025-11-24T16:00:00.000001Z","kind":"llm.request"}"#
        );
    }

    #[test]
    fn a_full_entry_keeps_the_order_of_its_fields() {
        let policy = PolicyRef {
            name: "p".into(),
            version: "3".into(),
            sha256: "ab".into(),
        };
        let entry = Entry {
            kind: Kind::LlmReply,
            tenant: "t".into(),
            app: "crm".into(),
            actor: "key:1".into(),
            request_id: Some(RequestId::new(Timestamp::from_micros(0), [0; 10])),
            model: "m".into(),
            destination: "d".into(),
            policy: Some(Arc::new(policy)),
            decision: "allow",
            reasons: vec!["grid".into()],
            findings: Arc::new([("PHONE", 2), ("EMAIL", 1)].into()),
            operators: [("surrogate", 3)].into(),
            residual: Some(Vec::new()),
            bytes_in: Some(1),
            bytes_out: Some(2),
            tokens: Some(Tokens {
                prompt: 1,
                completion: 2,
                cached: 0,
            }),
            unknown_surrogates: Some(0),
            latency_us: Some(5),
            outcome: "ok",
            status: Some(200),
            numbers: [("lost", 1)].into(),
        };
        assert_eq!(
            text(&entry),
            concat!(
                r#""time":"2025-11-24T16:00:00.000001Z","kind":"llm.reply","tenant":"t","app":"crm","#,
                r#""actor":"key:1","request_id":"00000000000000000000000000","model":"m","destination":"d","#,
                r#""policy":{"name":"p","version":"3","sha256":"ab"},"decision":"allow","#,
                r#""reasons":["grid"],"findings":{"EMAIL":1,"PHONE":2},"operators":{"surrogate":3},"#,
                r#""residual":[],"bytes_in":1,"bytes_out":2,"#,
                r#""tokens":{"prompt":1,"completion":2,"cached":0},"unknown_surrogates":0,"#,
                r#""latency_us":5,"outcome":"ok","status":200,"numbers":{"lost":1}}"#
            )
        );
    }

    #[test]
    fn a_time_is_read_again() {
        for micros in [
            0,
            1,
            951_782_399_999_999,
            1_764_000_000_000_000,
            1_764_000_000_123_456,
        ] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(parse_time(&time_text(time)), Some(time));
            let oracle = jiff::Timestamp::from_microsecond(micros as i64).unwrap();
            assert_eq!(time_text(time), format!("{oracle:.6}"));
        }
        assert_eq!(parse_time("yesterday"), None);
    }
}
