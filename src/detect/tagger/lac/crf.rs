//! From scores of tags to the likeliest row of tags, and how sure it is.
//!
//! A linear-chain conditional random field: the weight of a row of tags is the exponential of its scores and transitions.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instructions"
)]

use super::network::{Scores, TAGS, TAGS_FILLED};
use super::product::widely;

/// The score of what never happens.
const NEVER: f32 = -1e30;

/// How one tag follows another.
#[derive(Debug)]
pub(super) struct Transitions {
    /// For each tag, the scores of those that follow it.
    scores: Vec<Scores>,
    /// The exponentials of the same.
    weights: Vec<Scores>,
    /// The same, for each tag of those that it follows.
    back: Vec<Scores>,
}

impl Transitions {
    /// Of a table with a row for each tag; `None` where it has another size.
    pub(super) fn new(table: &[f32]) -> Option<Self> {
        if table.len() != TAGS * TAGS {
            return None;
        }
        let row = |row: &[f32]| {
            let mut filled = [NEVER; TAGS_FILLED];
            filled
                .iter_mut()
                .zip(row)
                .for_each(|(to, from)| *to = *from);
            filled
        };
        let scores: Vec<Scores> = table.chunks_exact(TAGS).map(row).collect();
        let weights: Vec<Scores> = scores.iter().map(|row| row.map(f32::exp)).collect();
        let column = |tag: usize| {
            let mut column = [0.0; TAGS_FILLED];
            for (to, row) in column.iter_mut().zip(&weights) {
                *to = row.get(tag).copied().unwrap_or(0.0);
            }
            column
        };
        Some(Self {
            scores,
            back: (0..TAGS).map(column).collect(),
            weights,
        })
    }

    /// The likeliest tag of every character.
    pub(super) fn best(&self, scores: &[Scores]) -> Vec<u8> {
        widely(
            #[inline(always)]
            || self.best_row(scores),
        )
    }

    #[inline(always)]
    fn best_row(&self, scores: &[Scores]) -> Vec<u8> {
        let Some((first, rest)) = scores.split_first() else {
            return Vec::new();
        };
        let mut best = ending(first);
        let mut from = Vec::with_capacity(rest.len());
        for scores in rest {
            let (next, back) = self.follow(&best, scores);
            best = next;
            from.push(back);
        }
        let likelier = |a: (u8, f32), b: (u8, f32)| if b.1 > a.1 { b } else { a };
        let (mut tag, _) = (0..).zip(best).fold((0, NEVER), likelier);
        let mut tags = vec![tag];
        for back in from.iter().rev() {
            tag = back.get(usize::from(tag)).map_or(0, |tag| *tag as u8);
            tags.push(tag);
        }
        tags.reverse();
        tags
    }

    /// The best row that ends in each tag, one character on, and the tag before it.
    #[inline(always)]
    fn follow(&self, best: &Scores, scores: &Scores) -> (Scores, [i32; TAGS_FILLED]) {
        let (mut next, mut back) = ([NEVER * 2.0; TAGS_FILLED], [0; TAGS_FILLED]);
        for ((tag, before), row) in (0..).zip(best).zip(&self.scores) {
            for ((next, back), score) in next.iter_mut().zip(&mut back).zip(row) {
                let sum = before + score;
                *back = if sum > *next { tag } else { *back };
                *next = if sum > *next { sum } else { *next };
            }
        }
        next.iter_mut()
            .zip(scores)
            .for_each(|(next, score)| *next += score);
        (next, back)
    }

    /// For every character, how likely each tag is, over all rows of tags.
    pub(super) fn likelihoods(&self, scores: &[Scores]) -> Vec<Scores> {
        widely(
            #[inline(always)]
            || self.all_rows(scores),
        )
    }

    #[inline(always)]
    fn all_rows(&self, scores: &[Scores]) -> Vec<Scores> {
        let weights: Vec<Scores> = scores.iter().map(weights).collect();
        let mut forward: Vec<Scores> = Vec::with_capacity(weights.len());
        for here in &weights {
            let mut sums = forward.last().map_or([1.0; TAGS_FILLED], |before| {
                let mut sums = [0.0; TAGS_FILLED];
                for (before, row) in before.iter().zip(&self.weights) {
                    sums.iter_mut()
                        .zip(row)
                        .for_each(|(sum, w)| *sum += before * w);
                }
                sums
            });
            sums.iter_mut().zip(here).for_each(|(sum, w)| *sum *= w);
            forward.push(normal(sums));
        }
        let mut after = [1.0; TAGS_FILLED];
        for (forward, here) in forward.iter_mut().zip(&weights).rev() {
            forward.iter_mut().zip(&after).for_each(|(f, a)| *f *= a);
            *forward = normal(*forward);
            after.iter_mut().zip(here).for_each(|(a, w)| *a *= w);
            after = normal(times(&after, &self.back));
        }
        forward
    }
}

/// A row of numbers times a matrix.
#[inline(always)]
fn times(numbers: &Scores, matrix: &[Scores]) -> Scores {
    let mut sums = [0.0; TAGS_FILLED];
    for (number, row) in numbers.iter().zip(matrix) {
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, w)| *sum += number * w);
    }
    sums
}

/// The scores of a first character, with the tags that are none struck out.
#[inline(always)]
fn ending(first: &Scores) -> Scores {
    let mut scores = [NEVER; TAGS_FILLED];
    scores
        .iter_mut()
        .zip(first)
        .take(TAGS)
        .for_each(|(to, from)| *to = *from);
    scores
}

/// The exponentials, the largest being 1.
#[inline(always)]
fn weights(scores: &Scores) -> Scores {
    let real = ending(scores);
    let most = real.iter().fold(NEVER, |most, score| most.max(*score));
    real.map(|score| (score - most).exp())
}

/// The same with the sum 1.
#[inline(always)]
fn normal(scores: Scores) -> Scores {
    let sum: f32 = scores.iter().sum();
    if sum > 0.0 {
        scores.map(|score| score / sum)
    } else {
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table where each tag is followed by the next one more gladly, and scores that wave.
    fn sample(length: usize) -> (Transitions, Vec<Scores>) {
        let wave = |i: usize| (i as f32 * 0.7).sin();
        let table: Vec<f32> = (0..TAGS * TAGS).map(|i| wave(i * i % 251)).collect();
        let score = |step: usize| {
            let mut scores = [0.0; TAGS_FILLED];
            for (tag, score) in scores.iter_mut().enumerate() {
                *score = if tag < 3 {
                    2.0 * wave(step * 5 + tag)
                } else {
                    -40.0
                };
            }
            scores
        };
        (
            Transitions::new(&table).unwrap(),
            (0..length).map(score).collect(),
        )
    }

    /// The weight of every row of three tags.
    fn rows(transitions: &Transitions, scores: &[Scores]) -> Vec<([usize; 3], f32)> {
        let mut all = Vec::new();
        for i in 0..27 {
            let row = [i / 9, i / 3 % 3, i % 3];
            let mut score: f32 = row.iter().zip(scores).map(|(tag, s)| s[*tag]).sum();
            for pair in row.windows(2) {
                score += transitions.scores[pair[0]][pair[1]];
            }
            all.push((row, score.exp()));
        }
        all
    }

    #[test]
    fn the_best_row_and_the_likelihoods_are_those_of_all_rows() {
        let (transitions, scores) = sample(3);
        let rows = rows(&transitions, &scores);
        let best = rows.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
        let found = transitions.best(&scores);
        assert_eq!(found, best.map(|tag| tag as u8));
        let total: f32 = rows.iter().map(|(_, weight)| weight).sum();
        let likely = transitions.likelihoods(&scores);
        for step in 0..3 {
            for (tag, likely) in likely[step].iter().enumerate().take(3) {
                let those = rows.iter().filter(|(row, _)| row[step] == tag);
                let share = those.map(|(_, weight)| weight).sum::<f32>() / total;
                assert!((likely - share).abs() < 1e-4, "{step} {tag}");
            }
        }
        assert!(transitions.best(&[]).is_empty() && transitions.likelihoods(&[]).is_empty());
    }
}
