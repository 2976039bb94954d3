//! One channel of a reply on its way to the app: first read for what the model made up, where the policy asks for it, then
//! restored. What is read is what the model wrote, so no original is ever taken for new.
//!
//! Refuses to know: events, and which channel it is.

use crate::policy::Policy;
use crate::protocol::{Channel, Field};
use crate::restore::{Restorer, Shifts, Surroundings};
use crate::review::{MadeUp, ReviewError, Reviewer};
use std::sync::Arc;

use super::faults::{MADE_UP, TOO_MUCH, UNCHECKED, UNKNOWN_SURROGATE};
use super::service::StreamFault;

/// A channel.
pub(super) struct Voice {
    review: Option<Reviewer>,
    restorer: Restorer,
    /// Says why a reply is stopped.
    policy: Arc<Policy>,
}

impl Voice {
    pub(super) fn new(review: Option<Reviewer>, restorer: Restorer, policy: Arc<Policy>) -> Self {
        Self {
            review,
            restorer,
            policy,
        }
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
        review
            .push(piece, &mut read, found)
            .map_err(|error| stopped(error, &self.policy))?;
        self.restorer.push(&read, out).map_err(|_| TOO_MUCH)
    }

    /// A text that goes on elsewhere is over for the reader: what was held back to be read goes out.
    pub(super) fn settle(
        &mut self,
        out: &mut String,
        found: &mut MadeUp,
    ) -> Result<(), StreamFault> {
        let Some(review) = &mut self.review else {
            return Ok(());
        };
        let mut read = String::new();
        review
            .finish(&mut read, found)
            .map_err(|error| stopped(error, &self.policy))?;
        self.restorer.push(&read, out).map_err(|_| TOO_MUCH)
    }

    /// Ends the channel: what was held back goes out.
    pub(super) fn finish(
        &mut self,
        out: &mut String,
        found: &mut MadeUp,
    ) -> Result<(), StreamFault> {
        self.settle(out, found)?;
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

/// A tool must not be called with a value that nobody sent.
pub(super) fn check_arguments(channel: Channel, restorer: &Voice) -> Result<(), StreamFault> {
    match channel.field {
        Field::ToolArguments | Field::ToolInput if restorer.unknown() > 0 => Err(UNKNOWN_SURROGATE),
        _ => Ok(()),
    }
}

fn stopped(error: ReviewError, policy: &Policy) -> StreamFault {
    match error {
        ReviewError::MadeUp => StreamFault {
            message: policy.messages().reply_blocked.to_string().into(),
            ..MADE_UP
        },
        ReviewError::Unread(_) => UNCHECKED,
    }
}
