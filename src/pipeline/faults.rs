//! Why a reply can't go on. No text of it is in what is told.

use super::service::StreamFault;
use std::borrow::Cow;

/// The reply could not be put together again.
pub(super) const MALFORMED: StreamFault = StreamFault::new(
    "reply_malformed",
    "the destination's reply is not what its API promises; try again",
);

/// A tool would have been called with a value that nobody sent.
pub(super) const UNKNOWN_SURROGATE: StreamFault = StreamFault::new(
    "unknown_surrogate",
    "the model put a value into a tool call that stands for nothing in this request; try again",
);

/// The reply opens channels without end.
pub(super) const TOO_MANY: StreamFault = StreamFault::new(
    "reply_malformed",
    "the reply has more choices and tool calls than any reply has; it was stopped",
);

/// A tool call changes its name on the way, or two calls pass for one.
pub(super) const TWO_NAMES: StreamFault = StreamFault::new(
    "reply_malformed",
    "the reply gives one tool call two names; it was stopped",
);

/// What a tool may see hangs on its item, and a client may go by the number or by the id.
pub(super) const TWO_ITEMS: StreamFault = StreamFault::new(
    "reply_malformed",
    "an event of the reply names one tool call by its number and another by its id; it was stopped",
);

/// Clients join texts by their order; behind one that went out, none may grow.
pub(super) const GOES_BACK: StreamFault = StreamFault::new(
    "reply_malformed",
    "the reply goes on with a text after the next one began; it was stopped",
);

/// The reply repeats surrogates out of all proportion.
pub(super) const TOO_MUCH: StreamFault = StreamFault::new(
    "restore_limit",
    "the reply repeats protected values out of all proportion and was stopped",
);

/// Code of a reply that `reply_check: block` stopped.
pub(super) const REPLY_BLOCKED: &str = "reply_blocked";

/// The model made up a value. The policy says it in its own words.
pub(super) const MADE_UP: StreamFault = StreamFault {
    code: "reply_blocked",
    kind: "permission_error",
    message: Cow::Borrowed("the answer held personal data that was not in the request"),
};

/// A reply that can't be checked doesn't go on, for the policy asks for it.
pub(super) const UNCHECKED: StreamFault = StreamFault::new(
    "reply_unchecked",
    "the reply could not be read for personal data, as the policy asks, so it was stopped; try again",
);
