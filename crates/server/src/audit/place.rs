//! Which tenant, database and collection a request names in its path and its query.

use serde::Serialize;

/// As the client named them; what it left out is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    pub(crate) tenant: Option<String>,
    pub(crate) database: Option<String>,
    /// Name or id.
    pub(crate) collection: Option<String>,
}

/// Longer names than any that can exist are cut.
const NAME_BYTES_MAX: usize = 600;

impl Place {
    /// Both generations write paths as pairs of a kind and a name. The older one also names tenant and
    /// database in the query.
    pub(crate) fn of(path: &str, query: &str) -> Self {
        let mut place = Self::default();
        for parameter in query.split('&') {
            match parameter.split_once('=') {
                Some(("tenant", name)) => place.tenant = decoded(name),
                Some(("database", name)) => place.database = decoded(name),
                _ => {}
            }
        }
        let mut parts = path.split('/').skip_while(|part| !matches!(*part, "v1" | "v2")).skip(1);
        while let Some(kind) = parts.next() {
            let name = match kind {
                "tenants" => &mut place.tenant,
                "databases" => &mut place.database,
                "collections" => &mut place.collection,
                _ => break,
            };
            *name = parts.next().and_then(decoded).or(name.take());
        }
        place
    }
}

/// Undoes the escapes of a URL; what is no text then stays as it was sent.
fn decoded(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len().min(NAME_BYTES_MAX));
    let mut rest = name.as_bytes();
    while let (&[first, ref after @ ..], true) = (rest, bytes.len() < NAME_BYTES_MAX) {
        let escaped = after
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(if first == b'+' { b' ' } else { first }));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    let text = String::from_utf8(bytes).unwrap_or_else(|_| name.chars().take(NAME_BYTES_MAX).collect());
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests;
