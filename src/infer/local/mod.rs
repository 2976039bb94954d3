//! The model in the building: a quantised model file, run by llama.cpp in a supervised process of our own.
//!
//! [`LocalBackend`] starts the same program again as `vestibule worker` and talks to it over a Unix socket, in the JSON that
//! every OpenAI-compatible server speaks. What would kill a process — a failed assertion in C++, no memory, a damaged
//! file — costs the requests under way and not the gateway: the supervisor starts the worker anew, with growing pauses.
//!
//! Refuses to know: what a request says, policy, where a model file comes from (the catalogue does).
//!
//! Built without the feature `local` there is no worker; the backend is then down and says so.

#[cfg(not(feature = "local"))]
mod absent;
#[cfg(feature = "local")]
mod backend;
#[cfg(feature = "local")]
mod launch;
#[cfg(feature = "local")]
mod model_file;
mod names;
#[cfg(feature = "local")]
mod options;
#[cfg(feature = "local")]
mod settings;
#[cfg(feature = "local")]
mod supervisor;
#[cfg(test)]
#[cfg(feature = "local")]
mod tests;
#[cfg(feature = "local")]
pub mod worker;

#[cfg(not(feature = "local"))]
pub use absent::LocalBackend;
#[cfg(feature = "local")]
pub use backend::LocalBackend;
#[cfg(feature = "local")]
pub use launch::WORKER_PREFIX;
#[cfg(feature = "local")]
pub use options::WorkerOptions;

/// The header by which the worker learns whose request it is: callers never share a cached prefix.
#[cfg(feature = "local")]
const CALLER: &str = "x-vestibule-caller";

/// What the worker is doing, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Stopped since nobody needs it; the next request starts it.
    Asleep,
    /// Loading its model.
    Starting,
    /// Answering.
    Up,
    /// Not running; the sentence says why and what to do.
    Down(String),
}
