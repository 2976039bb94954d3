//! Puts edits into the original bytes; what no edit names is copied as it is.

use super::ProtocolError;
use crate::base::Span;
use bytes::Bytes;
use std::fmt;

/// One change to a body.
#[derive(Clone, PartialEq, Eq)]
pub struct Edit {
    /// Which raw bytes of the body go.
    pub span: Span,
    /// What comes in their place, already escaped for where it stands.
    pub replacement: String,
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Edit({}..{}, {} bytes)",
            self.span.start,
            self.span.end,
            self.replacement.len()
        )
    }
}

/// The body with the edits made. Sorts `edits` by position; without edits the bytes are the same.
///
/// ```
/// use vestibule::base::Span;
/// use vestibule::protocol::{Edit, splice};
/// let mut edits = vec![Edit { span: Span::new(1, 3), replacement: "-".into() }];
/// assert_eq!(splice(b"abcd", &mut edits)?, "a-d");
/// # Ok::<(), vestibule::protocol::ProtocolError>(())
/// ```
///
/// # Errors
/// [`ProtocolError::OverlappingEdits`] where two edits share bytes or insert at the same place, and
/// [`ProtocolError::EditOutside`] where one reaches past the end.
pub fn splice(body: &[u8], edits: &mut [Edit]) -> Result<Bytes, ProtocolError> {
    edits.sort_by_key(|edit| edit.span);
    let grown: usize = edits.iter().map(|edit| edit.replacement.len()).sum();
    let mut out = Vec::with_capacity(body.len() + grown);
    let mut previous: Option<Span> = None;
    for edit in edits.iter() {
        let at = edit.span.start;
        let from = previous.map_or(0, |span| span.end);
        if at < from || previous == Some(edit.span) {
            return Err(ProtocolError::OverlappingEdits { at });
        }
        if edit.span.end > body.len() {
            return Err(ProtocolError::EditOutside { at });
        }
        out.extend_from_slice(Span::new(from, at).bytes(body).unwrap_or_default());
        out.extend_from_slice(edit.replacement.as_bytes());
        previous = Some(edit.span);
    }
    let rest = previous.map_or(0, |span| span.end);
    out.extend_from_slice(body.get(rest..).unwrap_or_default());
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edit(start: usize, end: usize, replacement: &str) -> Edit {
        Edit {
            span: Span::new(start, end),
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn splices_in_any_order() {
        let cases: [(&mut [Edit], Result<&str, ProtocolError>); 7] = [
            (&mut [], Ok("abcdef")),
            (
                &mut [edit(4, 6, "Z"), edit(0, 1, "longer")],
                Ok("longerbcdZ"),
            ),
            (&mut [edit(2, 4, ""), edit(4, 5, "x")], Ok("abxf")),
            (&mut [edit(6, 6, "!")], Ok("abcdef!")),
            (
                &mut [edit(0, 3, "x"), edit(2, 4, "y")],
                Err(ProtocolError::OverlappingEdits { at: 2 }),
            ),
            (
                &mut [edit(2, 2, "x"), edit(2, 2, "y")],
                Err(ProtocolError::OverlappingEdits { at: 2 }),
            ),
            (
                &mut [edit(5, 7, "x")],
                Err(ProtocolError::EditOutside { at: 5 }),
            ),
        ];
        for (edits, expected) in cases {
            let got = splice(b"abcdef", edits);
            assert_eq!(
                got.as_deref(),
                expected.as_ref().map(|text| text.as_bytes())
            );
        }
    }

    #[test]
    fn debug_shows_no_text() {
        assert_eq!(format!("{:?}", edit(1, 2, "Lena")), "Edit(1..2, 4 bytes)");
    }

    proptest! {
        #[test]
        fn no_edits_is_identity(body: Vec<u8>) {
            prop_assert_eq!(splice(&body, &mut []).unwrap(), body);
        }
    }
}
