//! Which known name a misspelt one probably means.

/// The candidate that takes the fewest edits, with its likeness from 0 (nothing in common) to 1.
pub(crate) fn nearest(name: &str, candidates: impl IntoIterator<Item = String>) -> Option<(String, f64)> {
    candidates
        .into_iter()
        .map(|candidate| {
            let likeness = strsim::normalized_damerau_levenshtein(name, &candidate);
            (candidate, likeness)
        })
        .max_by(|(_, left), (_, right)| left.total_cmp(right))
}
