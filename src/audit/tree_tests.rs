//! Against the published vectors and against a tree that is computed from its definition.

use super::*;
use data_encoding::HEXLOWER;

/// The eight entries of the test vectors of Certificate Transparency (`merkle_tree_test.cc`), and the hashes of the
/// trees of the first 1 to 8.
const ENTRIES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// A tree by definition (RFC 6962, section 2.1), not by our rules of storage.
fn naive(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let mut hash = Sha256::new();
            hash.update([1]);
            hash.update(naive(&leaves[..k]));
            hash.update(naive(&leaves[k..]));
            hash.finalize().into()
        }
    }
}

/// Leaves, and what is stored with each.
struct Stored {
    leaves: Vec<Hash>,
    rows: Vec<Vec<Hash>>,
    edge: Edge,
}

impl Stored {
    fn of(size: u64) -> Self {
        let mut stored = Self {
            leaves: Vec::new(),
            rows: Vec::new(),
            edge: Edge::default(),
        };
        for i in 0..size {
            stored.push(leaf_hash(&i.to_be_bytes()));
        }
        stored
    }

    fn push(&mut self, leaf: Hash) {
        let mut row = Vec::new();
        self.edge.push(leaf, |hash| row.push(*hash));
        self.leaves.push(leaf);
        self.rows.push(row);
    }

    fn hash(&self, subtree: Subtree) -> Result<Hash, ProofError> {
        let row = self
            .rows
            .get(subtree.completed_by() as usize)
            .ok_or(ProofError::Missing)?;
        row.get(subtree.level as usize)
            .copied()
            .ok_or(ProofError::Missing)
    }
}

#[test]
fn certificate_transparency_vectors() {
    assert_eq!(
        HEXLOWER.encode(&Edge::default().root()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let mut edge = Edge::default();
    for (entry, root) in ENTRIES.iter().zip(ROOTS) {
        edge.push(
            leaf_hash(&HEXLOWER.decode(entry.as_bytes()).unwrap()),
            |_| (),
        );
        assert_eq!(HEXLOWER.encode(&edge.root()), root);
    }
}

/// RFC 6962, section 2.1.3: the example tree of seven entries.
#[expect(clippy::many_single_char_names, reason = "the RFC's own names")]
#[test]
fn the_proofs_of_the_rfc_example_have_its_shape() {
    let stored = Stored::of(7);
    let [a, b, c, d, e, f, j] = stored.leaves.clone().try_into().unwrap();
    let (g, h, i) = (node_hash(&a, &b), node_hash(&c, &d), node_hash(&e, &f));
    let (k, l) = (node_hash(&g, &h), node_hash(&i, &j));
    let prover = Prover(|subtree| stored.hash(subtree));
    assert_eq!(prover.inclusion(0, 7).unwrap(), [b, h, l]);
    assert_eq!(prover.inclusion(3, 7).unwrap(), [c, g, l]);
    assert_eq!(prover.inclusion(4, 7).unwrap(), [f, j, k]);
    assert_eq!(prover.inclusion(6, 7).unwrap(), [i, k]);
    assert_eq!(prover.consistency(3, 7).unwrap(), [c, d, g, l]);
    assert_eq!(prover.consistency(4, 7).unwrap(), [l]);
    assert_eq!(prover.consistency(6, 7).unwrap(), [i, j, k]);
}

#[test]
fn every_size_to_300_has_the_root_of_the_definition_and_loads_again() {
    let mut stored = Stored::of(0);
    for size in 1..=300 {
        stored.push(leaf_hash(&u64::to_be_bytes(size)));
        assert_eq!(stored.edge.root(), naive(&stored.leaves), "{size}");
        let loaded: Result<_, ProofError> = Edge::load(size, |subtree| stored.hash(subtree));
        assert_eq!(loaded, Ok(stored.edge.clone()));
    }
}

#[test]
fn proofs_of_every_size_to_130_hold() {
    let stored = Stored::of(130);
    let prover = Prover(|subtree| stored.hash(subtree));
    let roots: Vec<Hash> = (0..=130)
        .map(|size| naive(&stored.leaves[..size]))
        .collect();
    for size in 1..=130 {
        let root = &roots[size as usize];
        for index in 0..size {
            let path = prover.inclusion(index, size).unwrap();
            let leaf = &stored.leaves[index as usize];
            assert_eq!(check_inclusion(&path, leaf, index, size, root), Ok(()));
        }
        for old in 1..=size {
            let proof = prover.consistency(old, size).unwrap();
            let old_root = &roots[old as usize];
            assert_eq!(
                check_consistency(&proof, (old, old_root), (size, root)),
                Ok(())
            );
        }
    }
}

/// Every copy of `hashes` in which one bit of one hash is another.
fn flipped(hashes: &[Hash]) -> impl Iterator<Item = Vec<Hash>> {
    (0..hashes.len() * 256).map(|bit| {
        let mut copy = hashes.to_vec();
        copy[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
        copy
    })
}

#[test]
fn a_proof_with_any_bit_flipped_fails() {
    let stored = Stored::of(23);
    let prover = Prover(|subtree| stored.hash(subtree));
    let root = stored.edge.root();
    for index in [0, 7, 16, 21, 22] {
        let (path, leaf) = (
            prover.inclusion(index, 23).unwrap(),
            stored.leaves[index as usize],
        );
        for bad in flipped(&path) {
            assert!(check_inclusion(&bad, &leaf, index, 23, &root).is_err());
        }
        for bad in flipped(&[leaf, root]) {
            assert!(check_inclusion(&path, &bad[0], index, 23, &bad[1]).is_err());
        }
        let (mut short, mut long) = (path.clone(), path.clone());
        short.pop();
        long.push([0; 32]);
        for (path, index) in [(&short, index), (&long, index), (&path, (index + 1) % 23)] {
            assert!(check_inclusion(path, &leaf, index, 23, &root).is_err());
        }
    }
    for old in [1, 8, 13, 22] {
        let (proof, old_root) = (
            prover.consistency(old, 23).unwrap(),
            naive(&stored.leaves[..old as usize]),
        );
        for bad in flipped(&proof) {
            assert!(check_consistency(&bad, (old, &old_root), (23, &root)).is_err());
        }
        for bad in flipped(&[old_root, root]) {
            assert!(check_consistency(&proof, (old, &bad[0]), (23, &bad[1])).is_err());
        }
    }
}

#[test]
fn what_a_tree_does_not_have_is_refused() {
    let stored = Stored::of(5);
    let prover = Prover(|subtree| stored.hash(subtree));
    assert_eq!(prover.inclusion(5, 5), Err(ProofError::Range));
    assert_eq!(prover.consistency(0, 5), Err(ProofError::Range));
    assert_eq!(prover.consistency(6, 5), Err(ProofError::Range));
    assert_eq!(prover.inclusion(0, 9), Err(ProofError::Missing));
    let root = stored.edge.root();
    assert_eq!(
        check_inclusion(&[], &root, 0, 0, &root),
        Err(ProofError::Range)
    );
    assert_eq!(
        check_consistency(&[], (0, &root), (5, &root)),
        Err(ProofError::Range)
    );
}
