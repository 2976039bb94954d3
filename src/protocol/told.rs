//! What formats find in requests and replies, in words, for their tests.

use super::{Channel, Format, Limits, ProtocolError, Reply, ReplyPart, Request};

pub(super) fn parse(format: Format, body: &str) -> Result<Request, ProtocolError> {
    Request::parse(format, body.to_owned().into(), &Limits::default())
}

/// The parts as `Place=text`, then what can't be inspected as `kind@path`.
pub(super) fn request(format: Format, body: &str) -> String {
    let request = parse(format, body).unwrap();
    let parts = request
        .parts()
        .iter()
        .map(|part| format!("{:?}={}", part.place, request.text(part)));
    let opaque = request
        .uninspectable()
        .iter()
        .map(|found| format!("{}@{}", found.kind.as_str(), found.path));
    parts.chain(opaque).collect::<Vec<_>>().join(" ")
}

pub(super) fn reply(format: Format, body: &str) -> Reply {
    Reply::parse(format, body.to_owned().into(), &Limits::default()).unwrap()
}

/// The parts of a reply as `channel=text`, pieces with an ellipsis.
pub(super) fn heard(reply: &Reply, name: impl Fn(Channel) -> String) -> String {
    let told = |part: &ReplyPart| {
        let dots = if part.whole { "" } else { "…" };
        format!("{}={}{dots}", name(part.channel), part.text(reply.body()))
    };
    reply.parts().iter().map(told).collect::<Vec<_>>().join(" ")
}
