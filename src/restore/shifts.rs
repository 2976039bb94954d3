//! How places in a text move when originals of another length come into it.

/// The lengths that restoring has changed so far.
#[derive(Debug, Clone, Default)]
pub struct Shifts {
    /// Characters taken in.
    taken: u64,
    /// After so many characters of the text as it came, the restored text is longer by so many (or shorter).
    moves: Vec<(u64, i64)>,
}

impl Shifts {
    /// Characters that stay.
    pub(super) fn kept(&mut self, text: &str) {
        self.taken += text.chars().count() as u64;
    }

    /// A surrogate that became its original.
    pub(super) fn changed(&mut self, surrogate: &str, original: &str) {
        self.kept(surrogate);
        let [before, after] = [surrogate, original].map(|text| text.chars().count() as i64);
        if before != after {
            self.moves.push((self.taken, after - before));
        }
    }

    /// Where a place of the text as it came is in the restored text; both are counted in characters from the beginning. A
    /// place in the middle of a surrogate has no place of its own and stays before whatever follows.
    ///
    /// ```
    /// use vestibule::restore::Shifts;
    /// assert_eq!(Shifts::default().moved(7), 7);
    /// ```
    pub fn moved(&self, at: u64) -> u64 {
        let passed = self.moves.partition_point(|(end, _)| *end <= at);
        let by: i64 = self.moves.iter().take(passed).map(|(_, by)| by).sum();
        at.saturating_add_signed(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_move_behind_what_changed() {
        let mut shifts = Shifts::default();
        shifts.kept("ab");
        shifts.changed("NAME_1", "张三");
        shifts.kept("-");
        shifts.changed("X", "four");
        let cases = [(0, 0), (2, 2), (8, 4), (9, 5), (10, 9), (12, 11)];
        for (at, to) in cases {
            assert_eq!(shifts.moved(at), to, "{at}");
        }
    }
}
