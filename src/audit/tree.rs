//! The Merkle tree of RFC 6962, section 2.1: hashes, the right edge that grows, two kinds of proof.
//!
//! Every complete subtree's hash is stored once: those that entry `i` completes are kept with entry `i`, its leaf hash
//! first. Refuses to know: what an entry says, signatures, where hashes are stored.

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Why a proof can't be made, or fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It asks for what such a tree doesn't have.
    #[error("no such entry or size in this tree")]
    Range,
    /// A stored hash is missing.
    #[error("a stored hash is missing")]
    Missing,
    /// The proof doesn't prove it.
    #[error("the proof does not hold")]
    Wrong,
}

/// The hash of an entry: `SHA-256(0x00 ‖ entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(entry)
        .finalize()
        .into()
}

/// The hash of a node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut input = [1; 65];
    let (_, rest) = input.split_at_mut(1);
    let (first, second) = rest.split_at_mut(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    Sha256::digest(input).into()
}

/// The hash of a tree without entries: `SHA-256()`.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// What a growing tree must remember: the hashes of its complete subtrees, the largest first.
///
/// ```
/// use vestibule::audit::tree::{Edge, leaf_hash, node_hash};
/// let mut edge = Edge::default();
/// edge.push(leaf_hash(b"a"), |_| ());
/// edge.push(leaf_hash(b"b"), |_| ());
/// assert_eq!(edge.root(), node_hash(&leaf_hash(b"a"), &leaf_hash(b"b")));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    roots: Vec<Hash>,
}

impl Edge {
    /// The edge of a stored tree of `size` entries.
    ///
    /// # Errors
    /// [`ProofError::Missing`], or what `stored` reports.
    pub fn load<E: From<ProofError>>(
        size: u64,
        stored: impl Fn(Subtree) -> Result<Hash, E>,
    ) -> Result<Self, E> {
        let roots = Subtree::cover(0, size)
            .map(stored)
            .collect::<Result<_, _>>()?;
        Ok(Self { size, roots })
    }

    /// How many entries.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; `completed` is shown each subtree that is complete with it, from the leaf itself up.
    pub fn push(&mut self, leaf: Hash, mut completed: impl FnMut(&Hash)) {
        completed(&leaf);
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.roots.pop() else { break };
            hash = node_hash(&left, &hash);
            completed(&hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The tree's hash.
    pub fn root(&self) -> Hash {
        join(self.roots.iter().copied()).unwrap_or_else(empty_root)
    }

    /// Becomes a copy of `other` without a new allocation.
    pub fn copy_from(&mut self, other: &Self) {
        self.size = other.size;
        self.roots.clone_from(&other.roots);
    }
}

/// One hash of the complete subtrees that cover a range, the largest first.
fn join(roots: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    roots.rev().reduce(|right, left| node_hash(&left, &right))
}

/// A complete subtree: entries `index << level` up to `(index + 1) << level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree {
    /// Its height: it has `1 << level` entries.
    pub level: u32,
    /// Which one of its height, from 0.
    pub index: u64,
}

impl Subtree {
    /// The entry that completed it, whose stored hashes hold it at place `level`.
    pub const fn completed_by(self) -> u64 {
        ((self.index + 1) << self.level) - 1
    }

    /// The subtrees that cover `len` entries from `start`, which is a multiple of a power of two no smaller than `len`.
    fn cover(start: u64, len: u64) -> impl Iterator<Item = Self> {
        let mut at = start;
        (0..u64::BITS)
            .rev()
            .filter(move |level| len & (1 << level) != 0)
            .map(move |level| {
                let subtree = Self {
                    level,
                    index: at >> level,
                };
                at += 1 << level;
                subtree
            })
    }
}

/// Makes proofs from stored hashes.
#[derive(Debug)]
pub struct Prover<F>(pub F);

impl<E: From<ProofError>, F: Fn(Subtree) -> Result<Hash, E>> Prover<F> {
    /// The audit path of RFC 6962, section 2.1.1: that entry `index` is in the tree of `size` entries.
    ///
    /// # Errors
    /// [`ProofError::Range`], [`ProofError::Missing`], or what the stored hashes report.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, E> {
        if index >= size {
            return Err(ProofError::Range.into());
        }
        let (mut start, mut len, mut path) = (0, size, Vec::new());
        while len > 1 {
            let left = split(len);
            if index - start < left {
                path.push(self.hash(start + left, len - left)?);
                len = left;
            } else {
                path.push(self.hash(start, left)?);
                (start, len) = (start + left, len - left);
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The proof of RFC 6962, section 2.1.2: that the tree of `old` entries is the beginning of that of `new` entries.
    ///
    /// # Errors
    /// [`ProofError::Range`], [`ProofError::Missing`], or what the stored hashes report.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, E> {
        if old == 0 || old > new {
            return Err(ProofError::Range.into());
        }
        let (mut start, mut len, mut proof) = (0, new, Vec::new());
        while old - start < len {
            let left = split(len);
            if old - start <= left {
                proof.push(self.hash(start + left, len - left)?);
                len = left;
            } else {
                proof.push(self.hash(start, left)?);
                (start, len) = (start + left, len - left);
            }
        }
        if start > 0 {
            proof.push(self.hash(start, len)?);
        }
        proof.reverse();
        Ok(proof)
    }

    fn hash(&self, start: u64, len: u64) -> Result<Hash, E> {
        let roots = Subtree::cover(start, len)
            .map(&self.0)
            .collect::<Result<Vec<_>, _>>()?;
        join(roots.into_iter()).ok_or_else(|| ProofError::Range.into())
    }
}

/// The largest power of two below `len`, which is at least 2.
const fn split(len: u64) -> u64 {
    1 << (len - 1).ilog2()
}

/// Checks an audit path, by RFC 9162, section 2.1.3.2.
///
/// # Errors
/// [`ProofError::Wrong`] where it doesn't prove that `leaf` is entry `index` of the tree of `size` entries with hash `root`.
pub fn check_inclusion(
    path: &[Hash],
    leaf: &Hash,
    index: u64,
    size: u64,
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Range);
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::Wrong);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last == 0 && hash == *root {
        Ok(())
    } else {
        Err(ProofError::Wrong)
    }
}

/// Checks a consistency proof, by RFC 9162, section 2.1.4.2.
///
/// # Errors
/// [`ProofError::Wrong`] where it doesn't prove that the tree `old` (size and hash) is the beginning of the tree `new`.
pub fn check_consistency(
    proof: &[Hash],
    old: (u64, &Hash),
    new: (u64, &Hash),
) -> Result<(), ProofError> {
    if old.0 == 0 || old.0 > new.0 {
        return Err(ProofError::Range);
    }
    if old.0 == new.0 {
        return if proof.is_empty() && old.1 == new.1 {
            Ok(())
        } else {
            Err(ProofError::Wrong)
        };
    }
    let (mut at, mut last) = (old.0 - 1, new.0 - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let first = if old.0.is_power_of_two() {
        Some(old.1)
    } else {
        None
    };
    let mut hashes = first.into_iter().chain(proof);
    let start = *hashes.next().ok_or(ProofError::Wrong)?;
    let (mut old_root, mut new_root) = (start, start);
    for hash in hashes {
        if last == 0 {
            return Err(ProofError::Wrong);
        }
        if at & 1 == 1 || at == last {
            old_root = node_hash(hash, &old_root);
            new_root = node_hash(hash, &new_root);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            new_root = node_hash(&new_root, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last == 0 && old_root == *old.1 && new_root == *new.1 {
        Ok(())
    } else {
        Err(ProofError::Wrong)
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
