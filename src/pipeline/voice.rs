//! One channel of a reply on its way to the app: first read for what the model made up, where the policy asks for it, then
//! restored. What is read is what the model wrote, so no original is ever taken for new.
//!
//! Refuses to know: events, and which channel it is.

use crate::restore::{Restorer, Shifts, Surroundings};
use crate::review::{MadeUp, ReviewError, Reviewer};

use super::service::StreamFault;

/// The reply repeats surrogates out of all proportion.
const TOO_MUCH: StreamFault = StreamFault::new(
    "restore_limit",
    "the reply repeats protected values out of all proportion and was stopped",
);

/// Code of a reply that `reply_check: block` stopped.
pub(super) const REPLY_BLOCKED: &str = "reply_blocked";

/// The model made up a value.
const MADE_UP: StreamFault = StreamFault {
    code: REPLY_BLOCKED,
    kind: "permission_error",
    message: "the answer held personal data that was not in the request, so it was stopped (回答中出现了请求里没有的个人信息，已停止输出)",
};

/// A reply that can't be checked doesn't go on, for the policy asks for it.
const UNCHECKED: StreamFault = StreamFault::new(
    "reply_unchecked",
    "the reply could not be read for personal data, as the policy asks, so it was stopped; try again",
);

/// A channel.
pub(super) struct Voice {
    review: Option<Reviewer>,
    restorer: Restorer,
}

impl Voice {
    pub(super) fn new(review: Option<Reviewer>, restorer: Restorer) -> Self {
        Self { review, restorer }
    }

    /// The same behind a text that ended in these surroundings.
    #[must_use]
    pub(super) fn after(self, before: Surroundings) -> Self {
        Self {
            restorer: self.restorer.after(before),
            ..self
        }
    }

    /// Takes the next piece and appends to `out` all that can go on.
    pub(super) fn push(
        &mut self,
        piece: &str,
        out: &mut String,
        found: &mut MadeUp,
    ) -> Result<(), StreamFault> {
        let Some(review) = &mut self.review else {
            return self.restorer.push(piece, out).map_err(|_| TOO_MUCH);
        };
        let mut read = String::with_capacity(piece.len());
        review.push(piece, &mut read, found).map_err(stopped)?;
        self.restorer.push(&read, out).map_err(|_| TOO_MUCH)
    }

    /// Ends the channel: what was held back goes out.
    pub(super) fn finish(
        &mut self,
        out: &mut String,
        found: &mut MadeUp,
    ) -> Result<(), StreamFault> {
        if let Some(review) = &mut self.review {
            let mut read = String::new();
            review.finish(&mut read, found).map_err(stopped)?;
            self.restorer.push(&read, out).map_err(|_| TOO_MUCH)?;
        }
        self.restorer.finish(out).map_err(|_| TOO_MUCH)
    }

    /// Whether something is held back.
    pub(super) fn holds(&self) -> bool {
        self.restorer.holds() || self.review.as_ref().is_some_and(Reviewer::holds)
    }

    /// Where the text stands now, with what is held back.
    pub(super) fn surroundings(&self) -> Surroundings {
        match &self.review {
            Some(review) => self.restorer.surroundings_behind(&review.held()),
            None => self.restorer.surroundings(),
        }
    }

    /// How many surrogates were restored.
    pub(super) fn restored(&self) -> u32 {
        self.restorer.restored()
    }

    /// How many words had the form of a surrogate without being one of this request's.
    pub(super) fn unknown(&self) -> u32 {
        self.restorer.unknown()
    }

    /// How places in the text have moved: what covers a value has as many characters, so only restoring moves them.
    pub(super) fn shifts(&self) -> &Shifts {
        self.restorer.shifts()
    }

    /// The same, of a text that is over.
    pub(super) fn into_shifts(self) -> Shifts {
        self.restorer.into_shifts()
    }
}

const fn stopped(error: ReviewError) -> StreamFault {
    match error {
        ReviewError::MadeUp => MADE_UP,
        ReviewError::Unread(_) => UNCHECKED,
    }
}
