//! An engine for tests: one token a character, and a "model" that answers with the last message, or misbehaves when told to.
//!
//! The last message `endless` is answered for ever, `slow…` with pauses, `crash` with the end of the process, `fail` with a
//! failing step. It checks what the scheduler owes any engine: cells in order, no more tokens than there is room for.

use super::engine::{Cell, Engine, EngineError, STEP_TOKENS, Sampling, Token, Vocabulary};
use super::schedule::{Job, Load, Scheduler};
use super::template::ChatTemplate;
use super::{Front, WorkerError, WorkerOptions};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

/// Ends the prompt: the reply begins behind it.
pub(super) const REPLY: char = '\u{2}';
/// Ends the reply.
const END: Token = 3;

const TEMPLATE: &str =
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{{ '\u{2}' }}";

#[derive(Debug)]
pub(super) struct Scripted {
    capacity: usize,
    pub sequences: Vec<Vec<Token>>,
    /// Sequence and length at each cell of the last batch.
    sampled: Vec<(usize, usize)>,
    pub largest_batch: usize,
}

impl Scripted {
    pub(super) fn new(capacity: usize, sequences: usize) -> Self {
        let sequences = vec![Vec::new(); sequences];
        Self {
            capacity,
            sequences,
            sampled: Vec::new(),
            largest_batch: 0,
        }
    }

    /// Prompt and reply so far of a sequence.
    fn text(&self, sequence: usize, length: usize) -> (String, usize) {
        let tokens = &self.sequences[sequence][..length];
        let begin = tokens
            .iter()
            .rposition(|&t| t == REPLY as Token)
            .expect("a whole prompt");
        let prompt: String = tokens[..begin]
            .iter()
            .map(|&t| char::from_u32(t as u32).unwrap())
            .collect();
        let last = prompt.rsplit(']').next().unwrap_or_default().to_owned();
        (last, length - begin - 1)
    }
}

impl Engine for Scripted {
    type Sampler = ();

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn decode(&mut self, batch: &[Cell]) -> Result<(), EngineError> {
        assert!(batch.len() <= STEP_TOKENS + self.sequences.len());
        self.largest_batch = self.largest_batch.max(batch.len());
        self.sampled.clear();
        for cell in batch {
            let sequence = &mut self.sequences[cell.sequence];
            assert_eq!(sequence.len(), cell.position, "cells are in order");
            sequence.push(cell.token);
            self.sampled.push((cell.sequence, sequence.len()));
        }
        let held: usize = self.sequences.iter().map(Vec::len).sum();
        assert!(
            held <= self.capacity,
            "{held} tokens in a memory for {}",
            self.capacity
        );
        for cell in batch.iter().filter(|cell| cell.sampled) {
            let (last, _) = self.text(cell.sequence, self.sequences[cell.sequence].len());
            match last.as_str() {
                "crash" => std::process::abort(),
                "fail" => return Err(EngineError::Decode),
                slow if slow.starts_with("slow") => std::thread::sleep(Duration::from_millis(20)),
                _ => {}
            }
        }
        Ok(())
    }

    fn sampler(&self, _sampling: &Sampling) -> Result<(), EngineError> {
        Ok(())
    }

    fn sample(&mut self, (): &mut (), index: usize) -> Token {
        let (sequence, length) = self.sampled[index];
        let (last, said) = self.text(sequence, length);
        if last == "endless" {
            std::thread::sleep(Duration::from_millis(1));
            return 'x' as Token;
        }
        last.chars().nth(said).map_or(END, |c| c as Token)
    }

    fn piece(&self, token: Token) -> Option<Vec<u8>> {
        (token != END).then(|| {
            char::from_u32(token as u32)
                .unwrap()
                .to_string()
                .into_bytes()
        })
    }

    fn keep(&mut self, sequence: usize, tokens: usize) -> usize {
        self.sequences[sequence].truncate(tokens);
        tokens
    }

    fn share(&mut self, from: usize, to: usize, tokens: usize) -> usize {
        assert!(self.sequences[to].is_empty());
        self.sequences[to] = self.sequences[from][..tokens].to_vec();
        tokens
    }
}

struct Letters;

impl Vocabulary for Letters {
    fn tokenize(&self, text: &str, _special: bool) -> Vec<Token> {
        text.chars().map(|c| c as Token).collect()
    }

    fn first(&self) -> Option<Token> {
        None
    }
}

/// In the place of `llama::serve`.
pub(super) fn serve(
    options: &WorkerOptions,
    ready: &SyncSender<Front>,
    jobs: &Receiver<Job>,
) -> Result<(), WorkerError> {
    if options.name == "unloadable" {
        return Err(WorkerError::Model {
            path: options.model.clone(),
        });
    }
    let context_tokens = options.context_tokens.unwrap_or(1000) as usize;
    let load = Arc::new(Load::default());
    let template = ChatTemplate::new(TEMPLATE.to_owned(), String::new(), String::new(), &[])?;
    let vocabulary = Arc::new(Letters);
    let front = Front {
        template,
        vocabulary,
        context_tokens,
        load: Arc::clone(&load),
    };
    ready.send(front).map_err(|_| WorkerError::Engine)?;
    let slots = usize::from(options.parallel);
    Scheduler::new(Scripted::new(context_tokens, slots), slots, load).run(jobs);
    Ok(())
}
