//! The model in the building: a quantised model file, run by llama.cpp in a supervised process of our own.
//!
//! [`LocalBackend`] starts the same program again as `vestibule worker` and talks to it over a Unix socket, in the JSON that
//! every OpenAI-compatible server speaks. What would kill a process — a failed assertion in C++, no memory, a damaged
//! file — costs the requests under way and not the gateway: the supervisor starts the worker anew, with growing pauses.
//!
//! Refuses to know: what a request says, policy, where a model file comes from (the catalogue does).
//!
//! Built without the feature `local` there is no worker; the backend is then down and says so.

mod backend;
mod launch;
mod model_file;
mod options;
mod settings;
mod supervisor;
#[cfg(test)]
#[cfg(feature = "local")]
mod tests;
#[cfg(feature = "local")]
pub mod worker;

pub use backend::LocalBackend;
pub use launch::WORKER_PREFIX;
pub use options::WorkerOptions;
pub use supervisor::Status;
