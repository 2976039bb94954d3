//! *route*: one destination out of those the policy allows.
//!
//! Pure: the same decision, features and health give the same order. The policy comes first and is never outvoted; among
//! what it allows, a destination that answers goes before one that doesn't, then sensitivity, then difficulty, then the
//! order that the configuration prefers.
//!
//! Refuses to know: sockets, bodies, time.

mod difficulty;

pub use difficulty::difficulty;

use crate::policy::{Complexity, Decision, DestinationOption, Fallback, Permit, Trust};
use serde::Deserialize;

/// How to choose among allowed destinations.
#[derive(Debug, Clone, Deserialize, serde::Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Destinations in order of preference; one that is not named comes after those that are.
    pub prefer: Vec<String>,
    /// From this data level (1–5) on, a destination inside goes first where the policy allows both; 6 means never.
    pub inside_from_level: u8,
    /// Whether an easy request prefers a destination inside.
    pub easy_inside: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            prefer: Vec::new(),
            inside_from_level: 6,
            easy_inside: false,
        }
    }
}

/// What is known of a destination's backend when a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The destination's name in the policy.
    pub name: &'a str,
    /// Whether it is believed to answer.
    pub healthy: bool,
    /// How it serves the model that the client asked for.
    pub fit: Fit,
}

/// How a destination serves a model name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It lists the name.
    Named,
    /// It takes any name, or answers in another model's stead.
    StandsIn,
    /// It does not serve it.
    None,
    /// It does not speak the request's format, nor one in which this request can be told.
    Speechless,
}

impl Fit {
    /// Whether the destination can answer.
    pub const fn serves(self) -> bool {
        matches!(self, Self::Named | Self::StandsIn)
    }
}

/// Why no destination is left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    /// No destination at all speaks the request's format.
    #[error("no destination speaks the format of this request")]
    NoneSpeaks,
    /// The policy blocks the request everywhere.
    #[error("the policy blocks this request")]
    Blocked {
        /// The reason code of the cell or rule that did.
        reason: String,
    },
    /// The policy allows places, and none of them is set up or serves the model.
    #[error("no destination that the policy allows for this request is set up for this model")]
    NoneSetUp {
        /// Whether the policy keeps the request inside.
        inside_only: bool,
    },
}

/// The candidates that may get the request, best first, as indexes into `candidates`.
///
/// After the first, only those follow that the policy's `fallback` allows.
///
/// # Errors
/// When the policy blocks the request, or allows only destinations that are not there.
pub fn rank(
    decision: &Decision,
    candidates: &[Candidate<'_>],
    difficulty: Complexity,
    fallback: Fallback,
    config: &Config,
) -> Result<Vec<usize>, NoRoute> {
    if !candidates.is_empty() && candidates.iter().all(|c| c.fit == Fit::Speechless) {
        return Err(NoRoute::NoneSpeaks);
    }
    let allowed: Vec<&DestinationOption> = decision
        .options
        .iter()
        .filter(|o| matches!(o.permit, Permit::Allowed(_)))
        .collect();
    if allowed.is_empty() {
        return Err(NoRoute::Blocked {
            reason: block_reason(decision),
        });
    }
    let option = |c: &Candidate<'_>| allowed.iter().find(|o| &*o.destination == c.name);
    let serving = |c: &Candidate<'_>| option(c).is_some() && c.fit.serves();
    let mut order: Vec<usize> = candidates
        .iter()
        .enumerate()
        .filter(|(_, c)| serving(c))
        .map(|(i, _)| i)
        .collect();
    if order.is_empty() {
        let inside_only = allowed.iter().all(|o| o.trust == Trust::Inside);
        return Err(NoRoute::NoneSetUp { inside_only });
    }
    let inside = |i: usize| {
        candidates
            .get(i)
            .and_then(&option)
            .is_some_and(|o| o.trust == Trust::Inside)
    };
    let wants_inside = decision.level >= config.inside_from_level
        || (config.easy_inside && difficulty == Complexity::Low);
    order.sort_by_key(|&i| {
        let candidate = candidates.get(i);
        let name = candidate.map_or("", |c| c.name);
        (
            candidate.is_none_or(|c| !c.healthy),
            wants_inside && !inside(i),
            candidate.map(|c| c.fit),
            config
                .prefer
                .iter()
                .position(|p| p == name)
                .unwrap_or(usize::MAX),
            i,
        )
    });
    keep_fallbacks(&mut order, inside, fallback);
    Ok(order)
}

/// Drops what may not stand in for the first choice: with `same_or_stricter`, anything outside once inside was chosen.
fn keep_fallbacks(order: &mut Vec<usize>, inside: impl Fn(usize) -> bool, fallback: Fallback) {
    let first_inside = order.first().is_some_and(|&i| inside(i));
    match fallback {
        Fallback::None => order.truncate(1),
        Fallback::SameOrStricter => {
            let mut first = true;
            order.retain(|&i| std::mem::take(&mut first) || !first_inside || inside(i));
        }
    }
}

fn block_reason(decision: &Decision) -> String {
    decision
        .options
        .iter()
        .find_map(|o| match &o.permit {
            Permit::Blocked { reason } => Some(reason.to_string()),
            _ => None,
        })
        .unwrap_or_else(|| "no_destination_allowed".to_owned())
}
