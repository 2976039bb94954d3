//! The text as it would read without spelling tricks, with a map back.
//!
//! One view serves every recognizer: invisible characters dropped, digits and letters of all styles folded to
//! ASCII, percent, `\u` and HTML codes decoded in place, literals cut by `" + "` joined. A text that needs none of it
//! (nearly all) is not copied. Base64 hides its letters' places, so it is not here but in [`super::encoded`].

use super::blocks::{BLOCK, Places, mask};
use super::fold::{HAN_NUMERALS, LEAST_HAN, Unit, numeral, numeral_run, unit_at};
use crate::base::Span;

/// How often decoding is tried on what decoding gave (`%2540`).
const DEPTH: usize = 2;

/// A folded text and the way back to the original.
#[derive(Debug)]
pub(super) struct Folded {
    text: String,
    pieces: Vec<Piece>,
}

/// From `view` on the view holds what begins at `origin` in the original, until the next piece.
#[derive(Debug, Clone, Copy)]
struct Piece {
    view: usize,
    origin: usize,
    copied: bool,
}

/// Folds a text, up to twice; empty where it reads as it stands.
pub(super) fn fold(text: &str) -> Vec<Folded> {
    let mut layers: Vec<Folded> = Vec::new();
    while layers.len() < DEPTH {
        let Some(folded) = fold_once(layers.last().map_or(text, |layer| &layer.text)) else {
            break;
        };
        layers.push(folded);
    }
    layers
}

/// The original stretch that a stretch of the last layer came from.
pub(super) fn origin(layers: &[Folded], span: Span) -> Span {
    layers
        .iter()
        .rev()
        .fold(span, |span, layer| layer.origin(span))
}

/// What recognizers read: the last layer, or the text itself.
pub(super) fn reads<'a>(layers: &'a [Folded], text: &'a str) -> &'a str {
    layers.last().map_or(text, |layer| &layer.text)
}

impl Folded {
    /// Widens to whole characters of the original; trailing invisible characters go along.
    fn origin(&self, span: Span) -> Span {
        let first = self
            .pieces
            .partition_point(|p| p.view <= span.start)
            .saturating_sub(1);
        let start = self.pieces.get(first).map_or(span.start, |p| {
            p.origin
                + if p.copied {
                    span.start.saturating_sub(p.view)
                } else {
                    0
                }
        });
        let next = self.pieces.partition_point(|p| p.view <= span.end);
        let end = match (
            next.checked_sub(1).and_then(|i| self.pieces.get(i)),
            self.pieces.get(next),
        ) {
            (Some(p), _) if p.copied || p.view == span.end => p.origin + (span.end - p.view),
            (Some(_), Some(after)) => after.origin,
            _ => span.end,
        };
        Span::new(start, end)
    }
}

struct Builder<'a> {
    text: &'a str,
    copied_to: usize,
    folded: Folded,
}

impl Builder<'_> {
    fn copy_until(&mut self, end: usize) {
        let Some(run) = self.text.get(self.copied_to..end) else {
            return;
        };
        self.piece(self.copied_to, true);
        self.folded.text.push_str(run);
        self.copied_to = end;
    }

    fn unit(&mut self, i: usize, unit: Unit) {
        if i > self.copied_to {
            self.copy_until(i);
        }
        self.piece(i, false);
        self.folded.text.extend(unit.reads);
        self.copied_to = i + unit.consumed;
    }

    fn piece(&mut self, origin: usize, copied: bool) {
        self.folded.pieces.push(Piece {
            view: self.folded.text.len(),
            origin,
            copied,
        });
    }

    fn finish(mut self) -> Folded {
        self.copy_until(self.text.len());
        self.folded
    }
}

fn fold_once(text: &str) -> Option<Folded> {
    let mut units = Units {
        text,
        telling: Places::new(telling),
        at: 0,
        numerals_to: 0,
    };
    let (i, unit) = units.next()?;
    let folded = Folded {
        text: String::with_capacity(text.len()),
        pieces: Vec::new(),
    };
    let mut builder = Builder {
        text,
        copied_to: 0,
        folded,
    };
    builder.unit(i, unit);
    for (i, unit) in units {
        builder.unit(i, unit);
    }
    Some(builder.finish())
}

/// Every place that reads otherwise than it is written, in order.
struct Units<'a> {
    text: &'a str,
    telling: Places<fn(&[u8], usize) -> u64>,
    at: usize,
    /// To here all are numerals of one run.
    numerals_to: usize,
}

impl Iterator for Units<'_> {
    type Item = (usize, Unit);

    fn next(&mut self) -> Option<(usize, Unit)> {
        loop {
            if self.at >= self.numerals_to {
                self.at = self.telling.next(self.text.as_bytes(), self.at)?;
            }
            let i = self.at;
            if let Some(unit) = self.unit() {
                self.at = i + unit.consumed;
                return Some((i, unit));
            }
        }
    }
}

/// The places of a block that may read otherwise: not plain bytes, nor Han characters of which less than three in a row
/// may be numerals.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches, many bytes are compared at a time"
)]
fn telling(bytes: &[u8], block: usize) -> u64 {
    let coded = |b: u8| (b == b'%') | (b == b'\\') | (b == b'&') | (b == b'"') | (b == b'\'');
    let coded = mask(bytes, block, coded);
    let wide = mask(bytes, block, |b| b >= 0xc0);
    if wide == 0 {
        return coded;
    }
    let han = mask(bytes, block, |b| (0xe3..=0xe9).contains(&b));
    coded | wide & !han | numerals(bytes, block, han)
}

/// Of these first bytes of Han characters, those of three in a row that may be numerals; a run of them is longer. What
/// stands in the next block may be one.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches, many bytes are compared at a time"
)]
fn numerals(bytes: &[u8], block: usize, han: u64) -> u64 {
    const { assert!(LEAST_HAN >= 3) };
    if han == 0 {
        return 0;
    }
    let is_second = |b: u8| SECONDS.iter().fold(false, |is, second| is | (*second == b));
    let second = mask(bytes, block, is_second);
    let one = u128::from(han & (second >> 1 | 1 << (BLOCK - 1))) | u128::MAX << BLOCK;
    (one & one >> 3 & one >> 6) as u64
}

impl Units<'_> {
    /// The unit here, or a step on.
    fn unit(&mut self) -> Option<Unit> {
        let i = self.at;
        let kind = interest(*self.text.as_bytes().get(i)?);
        if kind & NUMERAL != 0 {
            if let Some(unit) = self.numeral() {
                return Some(unit);
            }
            if self.at > i {
                return None;
            }
        }
        let unit = if kind & CODED == 0 {
            None
        } else {
            unit_at(self.text, i)
        };
        if unit.is_none() {
            self.at += if kind & WIDE == 0 {
                1
            } else {
                super::text::char_at(self.text, i)?.len_utf8()
            };
        }
        unit
    }

    /// A numeral of a run that is long enough; steps over one that isn't.
    fn numeral(&mut self) -> Option<Unit> {
        let c = super::text::char_at(self.text, self.at)?;
        let reads = numeral(c)?;
        if self.at >= self.numerals_to {
            let (bytes, enough) = numeral_run(self.text, self.at)?;
            if !enough {
                self.at += bytes;
                return None;
            }
            self.numerals_to = self.at + bytes;
        }
        Some(Unit {
            consumed: c.len_utf8(),
            reads: Some(reads),
        })
    }
}

const PLAIN: u8 = 0;
/// May be a unit of [`unit_at`].
const CODED: u8 = 1;
/// May begin a numeral.
const NUMERAL: u8 = 2;
/// Begins a character of several bytes.
const WIDE: u8 = 4;

/// What a byte may begin.
#[inline]
fn interest(byte: u8) -> u8 {
    const TABLE: [u8; 256] = table();
    TABLE.get(usize::from(byte)).copied().unwrap_or(PLAIN)
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where a wrong index is a compile error"
)]
const fn table() -> [u8; 256] {
    let mut table = [PLAIN; 256];
    let mut b = 0xc0;
    while b < 256 {
        table[b] = WIDE | CODED;
        b += 1;
    }
    // Han, U+4000–9FFF: only numerals matter. Latin-1 holds raised digits, E2 and E3 the circled ones and 〇.
    b = 0xe4;
    while b <= 0xe9 {
        table[b] = WIDE | NUMERAL;
        b += 1;
    }
    table[0xc2] |= NUMERAL;
    table[0xe2] |= NUMERAL;
    table[0xe3] = WIDE | NUMERAL;
    table[b'%' as usize] = CODED;
    table[b'\\' as usize] = CODED;
    table[b'&' as usize] = CODED;
    table[b'"' as usize] = CODED;
    table[b'\'' as usize] = CODED;
    table
}

/// The second bytes of [`HAN_NUMERALS`].
const SECONDS: [u8; HAN_NUMERALS.len() / 3] = second_bytes();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where a wrong index is a compile error"
)]
const fn second_bytes() -> [u8; HAN_NUMERALS.len() / 3] {
    let mut seconds = [0; HAN_NUMERALS.len() / 3];
    let mut i = 0;
    while i < seconds.len() {
        seconds[i] = HAN_NUMERALS.as_bytes()[3 * i + 1];
        i += 1;
    }
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_and_maps_back() {
        for (text, folded, part, from) in [
            ("电话１３８", "电话138", "138", "１３８"),
            (
                "a1\u{200b}3\u{ad}8\u{200b}，",
                "a138，",
                "138",
                "1\u{200b}3\u{ad}8\u{200b}",
            ),
            ("号%31%33x", "号13x", "13", "%31%33"),
            ("%2531", "1", "1", "%2531"),
            ("打\\u0031\\u0033吧", "打13吧", "13", "\\u0031\\u0033"),
            ("一二三四五六七。", "1234567。", "234", "二三四"),
            ("x\"13\" + \"8\"", "x\"138\"", "138", "13\" + \"8"),
            ("①②③", "123", "2", "②"),
        ] {
            let layers = fold(text);
            let view = reads(&layers, text);
            assert_eq!(view, folded);
            let at = view.find(part).unwrap();
            let span = origin(&layers, Span::new(at, at + part.len()));
            assert_eq!(span.slice(text), Some(from), "{text}");
        }
    }

    #[test]
    fn plain_text_is_not_copied() {
        for text in [
            "",
            "hello",
            "请总结：三点，一二三。",
            "① 第一点 m²",
            "100% \"quoted\" \\n &amp; “引号”——é",
        ] {
            assert!(fold(text).is_empty(), "{text}");
        }
    }
}
