//! Several replies at once: each step computes the next token of every running reply and a piece of one prompt.
//!
//! A *slot* is one sequence in the engine's memory. It keeps its tokens after its reply is done, so that the next turn of the
//! same conversation begins where the last one ended. All slots share one memory of a fixed number of tokens; a reply is begun
//! only when its prompt and its longest answer fit beside those that run, so none can run out of memory on its way.
//!
//! Knows neither HTTP nor C++.

use super::engine::{Cell, Engine, STEP_TOKENS, Sampling, Token};
use super::output::Output;
use super::tags::Delta;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    /// The model ended it, or a stop string did.
    Stop,
    /// As many tokens as were allowed.
    Length,
}

/// Tokens of one reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Usage {
    /// Of the prompt.
    pub prompt: usize,
    /// Of the prompt, taken over from an earlier request.
    pub cached: usize,
    /// Of the reply.
    pub completion: usize,
}

/// What a request hears of its reply. The channel closes without `Done` where the engine failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// More of it.
    Delta(Delta),
    /// Its end.
    Done(Finish, Usage),
}

/// A request that waits for its reply. It is cancelled by closing the receiver of `events`.
#[derive(Debug)]
pub(super) struct Job {
    /// The prompt, at least one token.
    pub prompt: Vec<Token>,
    /// Most tokens to generate, at least 1.
    pub max_tokens: usize,
    /// How to choose tokens.
    pub sampling: Sampling,
    /// The way of the text.
    pub output: Output,
    /// Only slots with the same salt lend their tokens.
    pub salt: String,
    /// Who listens.
    pub events: UnboundedSender<Event>,
    /// The place in the queue, free again when the job is dropped.
    pub _permit: OwnedSemaphorePermit,
}

/// How busy the worker is; for `/health`.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Replies under way.
    pub running: AtomicUsize,
    /// Tokens in the engine's memory, those kept for later turns included.
    pub tokens: AtomicUsize,
}

struct Work<S> {
    job: Job,
    sampler: S,
    cached: usize,
    generated: usize,
    /// The token that was chosen and is not yet in the sequence; none while the prompt is being read.
    next: Option<Token>,
}

impl<S> Work<S> {
    const fn reserved(&self) -> usize {
        self.job.prompt.len() + self.job.max_tokens
    }
}

struct Slot<S> {
    /// What the engine's sequence holds.
    tokens: Vec<Token>,
    salt: String,
    /// Larger is later.
    used: u64,
    work: Option<Work<S>>,
}

/// What one slot puts into a step.
struct Share {
    slot: usize,
    tokens: Vec<Token>,
    /// The cell to sample from, where the slot has one.
    sampled: Option<usize>,
}

/// Runs the engine; stays on one thread.
pub(super) struct Scheduler<E: Engine> {
    engine: E,
    slots: Vec<Slot<E::Sampler>>,
    waiting: VecDeque<Job>,
    load: Arc<Load>,
    turn: u64,
}

impl<E: Engine> Scheduler<E> {
    /// A scheduler for `slots` replies at once.
    pub(super) fn new(engine: E, slots: usize, load: Arc<Load>) -> Self {
        let empty = |_| Slot {
            tokens: Vec::new(),
            salt: String::new(),
            used: 0,
            work: None,
        };
        let slots = (0..slots.max(1)).map(empty).collect();
        Self {
            engine,
            slots,
            waiting: VecDeque::new(),
            load,
            turn: 0,
        }
    }

    /// Answers jobs until their sender is gone; what is under way then is broken off.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            if self.waiting.is_empty() && self.slots.iter().all(|slot| slot.work.is_none()) {
                match jobs.recv() {
                    Ok(job) => self.waiting.push_back(job),
                    Err(_) => return,
                }
            }
            loop {
                match jobs.try_recv() {
                    Ok(job) => self.waiting.push_back(job),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            self.step();
        }
    }

    /// Drops what nobody waits for any more, begins what fits, computes one batch.
    fn step(&mut self) {
        self.drop_cancelled();
        while self.begin_next() {}
        let (batch, shares) = self.batch();
        if !batch.is_empty() {
            match self.engine.decode(&batch) {
                Ok(()) => self.advance(shares),
                Err(error) => {
                    tracing::warn!(%error, "all replies under way are broken off");
                    self.reset();
                }
            }
        }
        let running = self.slots.iter().filter(|slot| slot.work.is_some()).count();
        self.load.running.store(running, Ordering::Relaxed);
        let tokens = self.slots.iter().map(|slot| slot.tokens.len()).sum();
        self.load.tokens.store(tokens, Ordering::Relaxed);
    }

    fn drop_cancelled(&mut self) {
        self.waiting.retain(|job| !job.events.is_closed());
        for slot in &mut self.slots {
            if slot
                .work
                .as_ref()
                .is_some_and(|work| work.job.events.is_closed())
            {
                slot.work = None;
            }
        }
    }

    /// Begins the job that waits longest, if there is a slot and memory for it; true where one was taken off the queue.
    fn begin_next(&mut self) -> bool {
        let Some(job) = self.waiting.front() else {
            return false;
        };
        let needed = job.prompt.len() + job.max_tokens;
        let reserved: usize = self
            .slots
            .iter()
            .filter_map(|s| Some(s.work.as_ref()?.reserved()))
            .sum();
        let free = self.engine.capacity().saturating_sub(reserved);
        let Some(slot) = self.choose(job) else {
            return false;
        };
        if needed > free && reserved > 0 {
            return false;
        }
        let Some(job) = self.waiting.pop_front() else {
            return false;
        };
        if needed > free || job.prompt.is_empty() {
            tracing::warn!("a job that can't fit was refused"); // the front checks this before
            return true;
        }
        self.begin(job, slot, free - needed);
        true
    }

    /// The free slot for a job: the one that holds this conversation, else the one that was used longest ago.
    fn choose(&self, job: &Job) -> Option<usize> {
        let free = || {
            self.slots
                .iter()
                .enumerate()
                .filter(|(_, slot)| slot.work.is_none())
        };
        let own = free()
            .map(|(index, slot)| (index, common(slot, job), slot.tokens.len()))
            .filter(|&(_, common, held)| common > 0 && common * 2 >= held)
            .max_by_key(|&(_, common, _)| common);
        let oldest = || {
            free()
                .min_by_key(|(_, slot)| slot.used)
                .map(|(index, _)| index)
        };
        own.map(|(index, _, _)| index).or_else(oldest)
    }

    fn begin(&mut self, job: Job, index: usize, spare: usize) {
        let Ok(sampler) = self.engine.sampler(&job.sampling) else {
            tracing::warn!("the engine gave no sampler");
            return;
        };
        self.turn += 1;
        let cached = self.reuse(&job, index);
        self.make_room(index, spare);
        if let Some(slot) = self.slots.get_mut(index) {
            slot.tokens.truncate(cached);
            slot.salt.clone_from(&job.salt);
            slot.used = self.turn;
            slot.work = Some(Work {
                job,
                sampler,
                cached,
                generated: 0,
                next: None,
            });
        }
    }

    /// Brings as much of the prompt's beginning as some slot holds into slot `index`; returns how many tokens that is.
    /// At least one token is left to compute, since a reply is sampled from it.
    fn reuse(&mut self, job: &Job, index: usize) -> usize {
        let longest = job.prompt.len().saturating_sub(1);
        let lent = |slot: &Slot<E::Sampler>| common(slot, job).min(longest);
        let own = self.slots.get(index).map_or(0, lent);
        let other = (self.slots.iter().map(lent).enumerate()).max_by_key(|&(_, tokens)| tokens);
        match other {
            Some((from, tokens)) if from != index && tokens > own => {
                self.engine.keep(index, 0);
                let shared = self.engine.share(from, index, tokens);
                let prefix = job.prompt.get(..shared).unwrap_or_default().to_vec();
                if let Some(slot) = self.slots.get_mut(index) {
                    slot.tokens = prefix;
                }
                shared
            }
            _ => self.engine.keep(index, own),
        }
    }

    /// Forgets kept conversations, oldest first, until the others hold at most `spare` tokens.
    fn make_room(&mut self, except: usize, spare: usize) {
        loop {
            let kept = || {
                let idle = |(index, slot): &(usize, &Slot<E::Sampler>)| {
                    *index != except && slot.work.is_none() && !slot.tokens.is_empty()
                };
                self.slots.iter().enumerate().filter(idle)
            };
            if kept().map(|(_, slot)| slot.tokens.len()).sum::<usize>() <= spare {
                return;
            }
            let Some((oldest, _)) = kept().min_by_key(|(_, slot)| slot.used) else {
                return;
            };
            self.forget(oldest);
        }
    }

    fn forget(&mut self, index: usize) {
        self.engine.keep(index, 0);
        if let Some(slot) = self.slots.get_mut(index) {
            slot.tokens.clear();
        }
    }

    /// One more token of every reply under way, then prompts, oldest first, up to [`STEP_TOKENS`] tokens of them.
    fn batch(&self) -> (Vec<Cell>, Vec<Share>) {
        let mut order: Vec<usize> = (0..self.slots.len()).collect();
        order.sort_by_key(|&index| self.slots.get(index).map_or(0, |slot| slot.used));
        let (mut cells, mut shares, mut left) = (Vec::new(), Vec::new(), STEP_TOKENS);
        for index in order {
            let Some(slot) = self.slots.get(index) else {
                continue;
            };
            let Some(work) = &slot.work else { continue };
            let (tokens, sampled) = if let Some(next) = work.next {
                (vec![next], true)
            } else {
                let unread = work.job.prompt.get(slot.tokens.len()..).unwrap_or_default();
                let piece = unread.get(..left).unwrap_or(unread);
                left -= piece.len();
                (piece.to_vec(), piece.len() == unread.len())
            };
            let count = tokens.len();
            cells.extend(tokens.iter().enumerate().map(|(at, &token)| Cell {
                sequence: index,
                position: slot.tokens.len() + at,
                token,
                sampled: sampled && at + 1 == count,
            }));
            let last = cells.len().checked_sub(1).filter(|_| sampled && count > 0);
            shares.push(Share {
                slot: index,
                tokens,
                sampled: last,
            });
        }
        (cells, shares)
    }

    fn advance(&mut self, shares: Vec<Share>) {
        for share in shares {
            let Some(slot) = self.slots.get_mut(share.slot) else {
                continue;
            };
            slot.tokens.extend(share.tokens);
            let (Some(work), Some(cell)) = (&mut slot.work, share.sampled) else {
                continue;
            };
            let token = self.engine.sample(&mut work.sampler, cell);
            if let Some(finish) = take(work, token, self.engine.piece(token)) {
                finish_work(work, finish);
                slot.work = None;
            }
        }
    }

    /// After a failure nothing is known of the engine's memory: all of it is given up.
    fn reset(&mut self) {
        for index in 0..self.slots.len() {
            self.forget(index);
        }
        for slot in &mut self.slots {
            slot.work = None;
        }
    }
}

/// How many of the prompt's first tokens a slot holds, where it may lend them at all.
fn common<S>(slot: &Slot<S>, job: &Job) -> usize {
    if slot.salt != job.salt {
        return 0;
    }
    slot.tokens
        .iter()
        .zip(&job.prompt)
        .take_while(|(held, wanted)| held == wanted)
        .count()
}

/// A token was chosen: passes its text on; returns how the reply ends, if it does.
fn take<S>(work: &mut Work<S>, token: Token, bytes: Option<Vec<u8>>) -> Option<Finish> {
    work.generated += 1;
    let Some(bytes) = bytes else {
        return Some(Finish::Stop);
    };
    let mut deltas = Vec::new();
    let stopped = work.job.output.push(&bytes, &mut deltas);
    send(&work.job, deltas);
    work.next = Some(token);
    if stopped {
        return Some(Finish::Stop);
    }
    (work.generated >= work.job.max_tokens).then_some(Finish::Length)
}

fn finish_work<S>(work: &mut Work<S>, finish: Finish) {
    let mut deltas = Vec::new();
    work.job.output.finish(&mut deltas);
    send(&work.job, deltas);
    let usage = Usage {
        prompt: work.job.prompt.len(),
        cached: work.cached,
        completion: work.generated,
    };
    // A closed channel is a client that left: there is nobody to tell.
    work.job.events.send(Event::Done(finish, usage)).ok();
}

fn send(job: &Job, deltas: Vec<Delta>) {
    for delta in deltas {
        job.events.send(Event::Delta(delta)).ok();
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
