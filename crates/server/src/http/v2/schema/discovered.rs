//! Keys that records brought: they stand in the schema with the default indexes of their types.

use huedb_engine::{MetadataKind, Shape};

use super::{Schema, ValueTypes};

impl Schema {
    /// Adds the keys that were written and that the schema does not name itself.
    pub(super) fn discover(&mut self, shape: &Shape) {
        // Keys that only look like Chroma's own are not shown among them.
        let written = shape.metadata_keys.iter().filter(|(key, _)| !key.starts_with(['#', '$']));
        for (key, kinds) in written {
            let indexes = self.keys.entry(key.clone()).or_default();
            for kind in MetadataKind::ALL.into_iter().filter(|kind| kinds.contains(*kind)) {
                indexes.default_to(&self.defaults, kind);
            }
        }
    }
}

impl ValueTypes {
    fn default_to(&mut self, defaults: &Self, kind: MetadataKind) {
        match kind {
            MetadataKind::Bool => fill(&mut self.bool, defaults.bool.as_ref()),
            MetadataKind::Int => fill(&mut self.int, defaults.int.as_ref()),
            MetadataKind::Float => fill(&mut self.float, defaults.float.as_ref()),
            MetadataKind::Str => fill(&mut self.string, defaults.string.as_ref()),
            MetadataKind::Sparse => fill(&mut self.sparse_vector, defaults.sparse_vector.as_ref()),
        }
    }
}

fn fill<T: Clone>(indexes: &mut Option<T>, default: Option<&T>) {
    if indexes.is_none() {
        *indexes = default.cloned();
    }
}
