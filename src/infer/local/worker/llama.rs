//! The engine: llama.cpp through `llama-cpp-2`. The only file that calls C++.
//!
//! Whatever is wrong enough for llama.cpp to give up ends the whole process; that is why it runs in one of its own.

use super::engine::{Cell, Engine, EngineError, STEP_TOKENS, Sampling, Token, Vocabulary};
use super::schedule::{Job, Load, Scheduler};
use super::template::ChatTemplate;
use super::{Front, WorkerError};
use crate::infer::local::WorkerOptions;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

/// Context length where neither the options nor the model ask for less.
const DEFAULT_CONTEXT_TOKENS: u32 = 8192;

/// Among how many of the likeliest tokens one is chosen: keeps the tail of a coarsely quantised model out.
const TOP_K: i32 = 64;

/// How far back the penalties look, in tokens.
const PENALTY_TOKENS: i32 = 256;

/// A JSON object, in llama.cpp's GBNF (its grammars/README.md, 2026-08). White space is limited: small models love it.
const JSON: &str = r#"
root   ::= object
value  ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" ws ( member ( "," ws member )* )? "}"
member ::= string ":" ws value ws
array  ::= "[" ws ( value ws ( "," ws value ws )* )? "]"
string ::= "\"" ( [^"\\\x00-\x1F\x7F] | "\\" ( ["\\/bfnrt] | "u" [0-9a-fA-F]{4} ) )* "\""
number ::= "-"? ( "0" | [1-9] [0-9]{0,15} ) ( "." [0-9]{1,15} )? ( [eE] [-+]? [0-9]{1,3} )?
ws     ::= | " " | "\n" [ \t]{0,16}
"#;

/// Loads the model, says on `ready` what the front needs, then answers `jobs` until their sender is gone.
pub(super) fn serve(
    options: &WorkerOptions,
    ready: &SyncSender<Front>,
    jobs: &Receiver<Job>,
) -> Result<(), WorkerError> {
    check_processor()?;
    send_logs_to_tracing(LogOptions::default());
    let backend = LlamaBackend::init().map_err(|_| WorkerError::Engine)?;
    let model = LlamaModel::load_from_file(&backend, &options.model, &LlamaModelParams::default())
        .map_err(|_| WorkerError::Model {
            path: options.model.clone(),
        })?;
    let model = Arc::new(model);
    let trained = model.n_ctx_train().max(1);
    let context_tokens = options
        .context_tokens
        .unwrap_or(DEFAULT_CONTEXT_TOKENS)
        .min(trained);
    let engine = Llama::new(&model, &backend, options, context_tokens)?;
    let load = Arc::new(Load::default());
    let front = Front {
        template: template(&model)?,
        vocabulary: Arc::new(Words(Arc::clone(&model))),
        context_tokens: context_tokens as usize,
        load: Arc::clone(&load),
    };
    ready.send(front).map_err(|_| WorkerError::Engine)?;
    Scheduler::new(engine, usize::from(options.parallel), load).run(jobs);
    Ok(())
}

/// llama.cpp is built for AVX2; on a lesser processor it would die of an illegal instruction.
fn check_processor() -> Result<(), WorkerError> {
    #[cfg(target_arch = "x86_64")]
    for (there, feature) in [
        (is_x86_feature_detected!("avx2"), "AVX2"),
        (is_x86_feature_detected!("fma"), "FMA"),
        (is_x86_feature_detected!("f16c"), "F16C"),
        (is_x86_feature_detected!("bmi2"), "BMI2"),
    ] {
        if !there {
            return Err(WorkerError::Processor { feature });
        }
    }
    Ok(())
}

fn template(model: &LlamaModel) -> Result<ChatTemplate, WorkerError> {
    let source = model
        .chat_template(None)
        .map_err(|_| WorkerError::NoTemplate)?;
    let source = source.to_string().map_err(|_| WorkerError::NoTemplate)?;
    let vocabulary = model.vocab();
    let name = |token: LlamaToken| {
        let text = (token.0 >= 0).then(|| vocabulary.text(token)).flatten();
        text.map(|text| text.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let controls: Vec<String> = vocabulary
        .tokens()
        .filter(|&token| vocabulary.is_control(token))
        .map(name)
        .collect();
    let (first, last) = (name(vocabulary.bos()), name(vocabulary.eos()));
    Ok(ChatTemplate::new(source, first, last, &controls)?)
}

/// The vocabulary, for the front's threads.
struct Words(Arc<LlamaModel>);

impl Vocabulary for Words {
    fn tokenize(&self, text: &str, special: bool) -> Vec<Token> {
        let tokens = self.0.vocab().tokenize(text.as_bytes(), false, special);
        tokens.into_iter().map(|token| token.0).collect()
    }

    fn first(&self) -> Option<Token> {
        let vocabulary = self.0.vocab();
        vocabulary
            .should_add_bos()
            .then(|| vocabulary.bos().0)
            .filter(|&token| token >= 0)
    }
}

struct Llama<'model> {
    model: &'model LlamaModel,
    context: LlamaContext<'model>,
    batch: LlamaBatch<'static>,
    capacity: usize,
    /// Whether a sequence can be cut and shared; a recurrent model's can't.
    divisible: bool,
}

impl<'model> Llama<'model> {
    fn new(
        model: &'model LlamaModel,
        backend: &LlamaBackend,
        options: &WorkerOptions,
        context_tokens: u32,
    ) -> Result<Self, WorkerError> {
        let batch_tokens = STEP_TOKENS + usize::from(options.parallel);
        let threads = i32::from(options.threads);
        let parameters = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(context_tokens))
            .with_n_batch(batch_tokens as u32)
            .with_n_ubatch(batch_tokens as u32)
            .with_n_threads(threads)
            .with_n_threads_batch(threads)
            .with_n_seq_max(u32::from(options.parallel))
            .with_kv_unified(true)
            .with_no_perf(true);
        let context = model
            .new_context(backend, parameters)
            .map_err(|_| WorkerError::Context {
                tokens: context_tokens,
            })?;
        Ok(Self {
            model,
            context,
            batch: LlamaBatch::new(batch_tokens, 1),
            capacity: context_tokens as usize,
            divisible: !model.is_recurrent() && !model.is_hybrid(),
        })
    }
}

impl Engine for Llama<'_> {
    type Sampler = LlamaSampler;

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn decode(&mut self, batch: &[Cell]) -> Result<(), EngineError> {
        self.batch.clear();
        for cell in batch {
            let sequence = [cell.sequence as i32];
            self.batch
                .add(
                    LlamaToken(cell.token),
                    cell.position as i32,
                    &sequence,
                    cell.sampled,
                )
                .map_err(|_| EngineError::Decode)?;
        }
        self.context
            .decode(&mut self.batch)
            .map_err(|_| EngineError::Decode)
    }

    fn sampler(&self, sampling: &Sampling) -> Result<LlamaSampler, EngineError> {
        let mut chain = Vec::new();
        let (frequency, presence) = (sampling.frequency_penalty, sampling.presence_penalty);
        if frequency != 0.0 || presence != 0.0 {
            let words = self.model.n_vocab();
            chain.push(LlamaSampler::penalties(
                words,
                PENALTY_TOKENS,
                1.0,
                frequency,
                presence,
            ));
        }
        if sampling.json {
            let grammar = LlamaSampler::grammar(self.model, JSON, "root");
            chain.push(grammar.map_err(|_| EngineError::Grammar)?);
        }
        if sampling.temperature == 0.0 {
            chain.push(LlamaSampler::greedy());
        } else {
            chain.push(LlamaSampler::top_k(TOP_K));
            chain.push(LlamaSampler::top_p(sampling.top_p, 1));
            chain.push(LlamaSampler::temp(sampling.temperature));
            chain.push(LlamaSampler::dist(sampling.seed));
        }
        Ok(LlamaSampler::chain(chain, true))
    }

    fn sample(&mut self, sampler: &mut LlamaSampler, index: usize) -> Token {
        sampler.sample(&self.context, index as i32).0
    }

    fn piece(&self, token: Token) -> Option<Vec<u8>> {
        let vocabulary = self.model.vocab();
        let token = LlamaToken(token);
        (!vocabulary.is_eog(token)).then(|| vocabulary.token_to_piece(token, false, None))
    }

    fn keep(&mut self, sequence: usize, tokens: usize) -> usize {
        let sequence = Some(sequence as u32);
        if tokens > 0
            && self
                .context
                .clear_kv_cache_seq(sequence, Some(tokens as u32), None)
                == Ok(true)
        {
            return tokens;
        }
        if self
            .context
            .clear_kv_cache_seq(sequence, None, None)
            .is_err()
        {
            tracing::warn!("the engine could not forget a sequence");
        }
        0
    }

    fn share(&mut self, from: usize, to: usize, tokens: usize) -> usize {
        let end = Some(tokens as u32);
        let copied = self.divisible
            && self
                .context
                .copy_kv_cache_seq(from as i32, to as i32, Some(0), end)
                .is_ok();
        if copied { tokens } else { 0 }
    }
}
