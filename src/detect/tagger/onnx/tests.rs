//! A whole tagger on a model of three nodes that the test writes: an embedding whose rows are the labels' scores.

use super::*;
use crate::base::Span;

const VOCABULARY: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nmira\n##bel\nsaw\nvaldoria\n张\n三\n";
const CONFIG: &str =
    r#"{"id2label":{"0":"O","1":"B-PER","2":"I-PER","3":"B-LOC"},"max_position_embeddings":16}"#;
/// Which label each piece of the vocabulary has.
const OF_PIECE: [usize; 10] = [0, 0, 0, 0, 1, 2, 0, 3, 1, 2];

/// A field of a message: its bytes with their length (Protocol Buffers, wire type 2).
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 127 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(bytes);
    out
}

/// `ValueInfoProto`: a tensor `[1, ?]` of int64.
fn input(name: &str) -> Vec<u8> {
    let dims = [field(1, &[8, 1]), field(1, &field(2, b"n"))].concat();
    let tensor = [vec![8, 7], field(2, &dims)].concat();
    [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
}

/// `NodeProto`.
fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let mut out: Vec<u8> = inputs.iter().flat_map(|i| field(1, i.as_bytes())).collect();
    out.extend(field(2, output.as_bytes()));
    out.extend(field(3, output.as_bytes()));
    out.extend(field(4, operator.as_bytes()));
    out
}

/// A model file: `scores[input_ids]`, with other inputs that nothing reads.
fn model(inputs: &[&str], operator: &str, labels: u8) -> Vec<u8> {
    let scores: Vec<u8> = OF_PIECE
        .iter()
        .flat_map(|of| {
            (0..labels).map(move |label| {
                if usize::from(label) == *of {
                    8.0f32
                } else {
                    0.0
                }
            })
        })
        .flat_map(f32::to_le_bytes)
        .collect();
    let tensor = [
        vec![8, OF_PIECE.len() as u8, 8, labels, 16, 1],
        field(8, b"scores"),
        field(9, &scores),
    ]
    .concat();
    let mut graph = field(1, &node(operator, &["scores", inputs[0]], "logits"));
    graph.extend(field(2, b"test"));
    graph.extend(field(5, &tensor));
    for name in inputs {
        graph.extend(field(11, &input(name)));
    }
    let dims = [
        field(1, &[8, 1]),
        field(1, &field(2, b"n")),
        field(1, &[8, labels]),
    ]
    .concat();
    let output = [vec![8, 1], field(2, &dims)].concat();
    graph.extend(field(
        12,
        &[field(1, b"logits"), field(2, &field(1, &output))].concat(),
    ));
    // IR version 8, the graph, operator set 13.
    [vec![8, 8], field(7, &graph), field(8, &[16, 13])].concat()
}

fn tagger(model: &[u8]) -> Result<OnnxTagger, OnnxError> {
    let files = OnnxFiles {
        model,
        vocabulary: Some(VOCABULARY),
        config: Some(CONFIG),
        ..OnnxFiles::default()
    };
    OnnxTagger::new(files, &OnnxSettings::new(Script::Latin))
}

type Case = (&'static str, &'static [(usize, usize, &'static str)]);

#[test]
fn a_model_finds_names_at_their_places() {
    for inputs in [
        &["input_ids"][..],
        &["input_ids", "attention_mask", "token_type_ids"],
    ] {
        let tagger = tagger(&model(inputs, "Gather", 4)).unwrap();
        let cases: &[Case] = &[
            (
                "Mirabel saw Valdoria.",
                &[(0, 7, "PERSON"), (12, 20, "PLACE")],
            ),
            ("saw 张三", &[(4, 10, "PERSON")]),
            ("saw", &[]),
            ("", &[]),
        ];
        for (text, wanted) in cases {
            let tags = tagger.tag(text).unwrap();
            let found: Vec<_> = tags
                .iter()
                .map(|tag| (tag.span.start, tag.span.end, tag.entity.as_str()))
                .collect();
            assert_eq!(found, *wanted, "{text}");
        }
    }
}

#[test]
fn texts_longer_than_the_model_reads_are_read_in_pieces() {
    let tagger = tagger(&model(&["input_ids"], "Gather", 4)).unwrap();
    let text = "saw ".repeat(40) + "mirabel";
    let tags = tagger.tag(&text).unwrap();
    assert_eq!(tags.len(), 1);
    assert_eq!(tags[0].span, Span::new(160, 167));
}

#[test]
fn models_that_cannot_be_used_say_why() {
    let whole = model(&["input_ids"], "Gather", 4);
    let cases = [
        (whole[..whole.len() / 2].to_vec(), OnnxError::File),
        (b"not a model".to_vec(), OnnxError::File),
        (
            model(&["pixels"], "Gather", 4),
            OnnxError::UnknownInput { index: 0 },
        ),
        (
            model(&["attention_mask"], "Gather", 4),
            OnnxError::NoInputIds,
        ),
        (model(&["input_ids"], "Gather", 3), OnnxError::Output),
        (
            model(&["input_ids"], "MatMulNBits", 4),
            OnnxError::Unsupported,
        ),
    ];
    for (file, error) in cases {
        assert_eq!(tagger(&file).err(), Some(error));
    }
}
