//! One model in tract: token numbers in, a row of labels for each token out.
//!
//! The length of the row of tokens is left open where tract can; where a model's graph needs it fixed, rows are filled up to
//! 128 tokens behind an attention mask. Refuses to know: text and labels.

use super::super::TaggerError;
use super::super::wordpiece::WordPiece;
use super::OnnxError;
use std::io::Cursor;
use tract_onnx::prelude::{
    Arc, DatumType, Framework, InferenceFact, InferenceModel, InferenceModelExt, IntoRunnable,
    TValue, TVec, Tensor, TractResult, TypedRunnableModel,
};
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::ToDim;

/// Tokens in a row where the length can't be left open.
const FIXED: usize = 128;
/// The longest row otherwise, with the two tokens that stand around.
const OPEN: usize = 512;

/// What an input of the model is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Ids,
    Mask,
    Segments,
}

/// The model, ready to run.
pub(super) struct Session {
    plan: Arc<TypedRunnableModel>,
    inputs: Vec<(Input, DatumType)>,
    fixed: bool,
    labels: usize,
}

impl Session {
    /// Reads a model and runs it on two short rows.
    pub(super) fn new(file: &[u8], labels: usize, pieces: &WordPiece) -> Result<Self, OnnxError> {
        let onnx = tract_onnx::onnx()
            .with_ignore_output_shapes(true)
            .with_ignore_value_info(true);
        let proto = onnx
            .proto_model_for_read(&mut Cursor::new(file))
            .ok()
            .filter(|proto| proto.graph.is_some())
            .ok_or(OnnxError::File)?;
        let parsed = onnx
            .parse(&proto, None)
            .map_err(|_| OnnxError::Unsupported)?;
        let inputs = inputs(&parsed.model)?;
        let mut shape = Ok(());
        for fixed in [false, true] {
            let masked = inputs.iter().any(|(input, _)| *input == Input::Mask);
            if fixed && !masked {
                break;
            }
            let Ok(plan) = plan(parsed.model.clone(), &inputs, fixed) else {
                continue;
            };
            let session = Self {
                plan,
                inputs: inputs.clone(),
                fixed,
                labels,
            };
            match session.try_out(pieces) {
                Ok(()) => return Ok(session),
                Err(error) => shape = shape.and(Err(error)),
            }
        }
        shape.and(Err(OnnxError::Unsupported))
    }

    /// Two rows of different lengths: what fails, fails when the model is read.
    fn try_out(&self, pieces: &WordPiece) -> Result<(), OnnxError> {
        let [unknown, begin, end] = [pieces.unknown, pieces.begin, pieces.end].map(i64::from);
        for row in [
            &[begin, unknown, end][..],
            &[begin, unknown, unknown, unknown, end],
        ] {
            let rows = self.outputs(row).map_err(|_| OnnxError::Unsupported)?;
            if rows.len() != row.len() * self.labels {
                return Err(OnnxError::Output);
            }
        }
        Ok(())
    }

    /// The most tokens of a text that it takes at once, without the two that stand around.
    pub(super) const fn most_tokens(&self) -> usize {
        (if self.fixed { FIXED } else { OPEN }) - 2
    }

    /// The rows of labels for these tokens.
    pub(super) fn run(&self, ids: &[i64]) -> Result<Vec<f32>, TaggerError> {
        self.outputs(ids)
            .ok()
            .filter(|rows| {
                rows.len() == ids.len() * self.labels && rows.iter().all(|x| x.is_finite())
            })
            .ok_or(TaggerError::Model)
    }

    fn outputs(&self, ids: &[i64]) -> TractResult<Vec<f32>> {
        let length = if self.fixed { FIXED } else { ids.len() };
        let row = |input: Input| -> Vec<i64> {
            let mut row = match input {
                Input::Ids => ids.to_vec(),
                Input::Mask => vec![1; ids.len()],
                Input::Segments => Vec::new(),
            };
            row.resize(length, 0);
            row
        };
        let tensors = self.inputs.iter().map(|(input, kind)| {
            let tensor = Tensor::from_shape(&[1, length], &row(*input))?;
            Ok(TValue::from(tensor.cast_to_dt(*kind)?.into_owned()))
        });
        let outputs = self.plan.run(tensors.collect::<TractResult<TVec<_>>>()?)?;
        let first = outputs.first().map(|output| output.cast_to::<f32>());
        let Some(first) = first.transpose()? else {
            return Ok(Vec::new());
        };
        let rows = first.to_plain_array_view::<f32>()?;
        if rows.shape() != [1, length, self.labels] {
            return Ok(Vec::new());
        }
        Ok(rows.iter().take(ids.len() * self.labels).copied().collect())
    }
}

/// Which inputs the model has, in their order.
fn inputs(model: &InferenceModel) -> Result<Vec<(Input, DatumType)>, OnnxError> {
    let outlets = model.input_outlets().map_err(|_| OnnxError::File)?;
    let read = |(index, outlet): (usize, &tract_onnx::prelude::OutletId)| {
        let node = model.nodes().get(outlet.node);
        let input = match node.map(|node| node.name.as_str()) {
            Some("input_ids") => Input::Ids,
            Some("attention_mask") => Input::Mask,
            Some("token_type_ids") => Input::Segments,
            _ => return Err(OnnxError::UnknownInput { index }),
        };
        let fact = node.and_then(|node| node.outputs.first());
        let kind = fact.and_then(|fact| fact.fact.datum_type.concretize());
        Ok((input, kind.unwrap_or(DatumType::I64)))
    };
    let inputs: Vec<_> = outlets
        .iter()
        .enumerate()
        .map(read)
        .collect::<Result<_, _>>()?;
    let ids = inputs.iter().any(|(input, _)| *input == Input::Ids);
    ids.then_some(inputs).ok_or(OnnxError::NoInputIds)
}

fn plan(
    mut model: InferenceModel,
    inputs: &[(Input, DatumType)],
    fixed: bool,
) -> TractResult<Arc<TypedRunnableModel>> {
    let length = if fixed {
        FIXED.to_dim()
    } else {
        model.sym("tokens").to_dim()
    };
    for (i, (_, kind)) in inputs.iter().enumerate() {
        let fact = InferenceFact::dt_shape(*kind, &[1.to_dim(), length.clone()]);
        model = model.with_input_fact(i, fact)?;
    }
    model.into_optimized()?.into_runnable()
}
