//! The vocabulary of a model: `vocab.txt`, or the `WordPiece` model of `tokenizer.json`.
//!
//! Refuses to know: files, and tokenizers of another type.

use super::super::wordpiece::WordPiece;
use super::OnnxError;
use std::collections::HashMap;

/// What of `tokenizer.json` is read.
#[derive(serde::Deserialize)]
struct Tokenizer {
    model: Model,
    normalizer: Option<Normalizer>,
}

#[derive(serde::Deserialize)]
struct Model {
    /// Missing in files of old versions.
    r#type: Option<String>,
    #[serde(default)]
    vocab: serde_json::Value,
    continuing_subword_prefix: Option<String>,
}

#[derive(serde::Deserialize)]
struct Normalizer {
    lowercase: Option<bool>,
}

/// The vocabulary of one of the two files.
pub(super) fn read(
    lines: Option<&str>,
    tokenizer: Option<&str>,
    lower: Option<bool>,
) -> Result<WordPiece, OnnxError> {
    let parsed = tokenizer
        .map(serde_json::from_str::<Tokenizer>)
        .transpose()
        .map_err(|_| OnnxError::Tokenizer)?;
    if parsed
        .as_ref()
        .is_some_and(|parsed| !is_wordpiece(&parsed.model))
    {
        return Err(OnnxError::OtherTokenizer);
    }
    let said = parsed
        .as_ref()
        .and_then(|parsed| parsed.normalizer.as_ref()?.lowercase);
    let pieces = match (lines, parsed) {
        (Some(lines), _) => lines.lines().map(str::to_owned).collect(),
        (None, Some(parsed)) => in_order(parsed.model.vocab)?,
        (None, None) => return Err(OnnxError::Tokenizer),
    };
    let lower = lower.or(said).unwrap_or_else(|| looks_lower(&pieces));
    Ok(WordPiece::new(pieces.iter().map(String::as_str), lower)?)
}

fn is_wordpiece(model: &Model) -> bool {
    let typed = model.r#type.as_deref().is_none_or(|t| t == "WordPiece");
    let prefix = model.continuing_subword_prefix.as_deref();
    typed && prefix.is_none_or(|prefix| prefix == "##")
}

/// The pieces by their numbers, which must be 0, 1, 2 and so on.
fn in_order(vocab: serde_json::Value) -> Result<Vec<String>, OnnxError> {
    let numbers: HashMap<String, usize> =
        serde_json::from_value(vocab).map_err(|_| OnnxError::OtherTokenizer)?;
    let mut pieces = vec![None; numbers.len()];
    for (piece, number) in numbers {
        *pieces.get_mut(number).ok_or(OnnxError::Tokenizer)? = Some(piece);
    }
    pieces
        .into_iter()
        .collect::<Option<_>>()
        .ok_or(OnnxError::Tokenizer)
}

/// Whether no piece but the special ones has a capital letter.
fn looks_lower(pieces: &[String]) -> bool {
    !pieces
        .iter()
        .any(|piece| !piece.starts_with('[') && piece.contains(|c: char| c.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_give_the_same_vocabulary() {
        let lines = "[UNK]\n[CLS]\n[SEP]\nab\n##c\n";
        let json = r###"{"normalizer":{"lowercase":true},"model":{"type":"WordPiece","continuing_subword_prefix":"##",
            "vocab":{"##c":4,"[CLS]":1,"[SEP]":2,"[UNK]":0,"ab":3}}}"###;
        for (lines, json) in [
            (Some(lines), None),
            (None, Some(json)),
            (Some(lines), Some(json)),
        ] {
            let pieces = read(lines, json, None).unwrap();
            let ids: Vec<u32> = pieces.tokens("ABC").iter().map(|token| token.id).collect();
            assert_eq!((pieces.len(), ids), (5, vec![3, 4]));
        }
        let cased = read(Some(lines), Some(json), Some(false)).unwrap();
        assert_eq!(cased.tokens("ABC")[0].id, 0);
    }

    #[test]
    fn what_is_not_wordpiece_is_refused() {
        let cases = [
            (None, None, OnnxError::Tokenizer),
            (None, Some("{"), OnnxError::Tokenizer),
            (
                None,
                Some(r#"{"model":{"type":"BPE","vocab":{"a":0}}}"#),
                OnnxError::OtherTokenizer,
            ),
            (
                None,
                Some(r#"{"model":{"type":"Unigram","vocab":[["a",-1.0]]}}"#),
                OnnxError::OtherTokenizer,
            ),
            (
                None,
                Some(r#"{"model":{"vocab":{"[UNK]":0,"a":7}}}"#),
                OnnxError::Tokenizer,
            ),
        ];
        for (lines, json, error) in cases {
            assert_eq!(read(lines, json, None).err(), Some(error));
        }
        let plain = read(Some("a\nb"), None, None);
        assert!(matches!(plain.err(), Some(OnnxError::Vocabulary(_))));
    }
}
