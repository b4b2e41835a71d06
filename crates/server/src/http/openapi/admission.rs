//! What a request needs to be let through on this server, and how it is refused otherwise.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    auth::{
        action::{Action, Reach},
        settings::{Method, TokenHeader},
    },
    http::{Generation, app::App},
};

/// What the options of this server ask of callers. It stays the same while the server runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admission {
    pub(super) method: Method,
    /// Whether a caller may send too much.
    pub(super) is_limited: bool,
}

impl Admission {
    pub(super) fn of(app: &App) -> Self {
        Self { method: app.gate.method(), is_limited: app.limits.are_set() }
    }

    /// The credentials that count, by their name; none where nobody needs any.
    pub(super) fn schemes(self) -> Value {
        self.scheme().map_or_else(|| json!({}), |(name, scheme)| json!({ name: scheme }))
    }

    /// What a request for `action` must bring; none if anybody may ask.
    pub(super) fn requirement(self, action: Action) -> Option<Value> {
        let (name, _) = self.scheme()?;
        (action.reach() != Reach::Open).then(|| json!([{ name: [] }]))
    }

    /// Statuses of requests for `action` that are not let through.
    pub(super) fn refusals(self, generation: Generation, action: Action) -> BTreeSet<u16> {
        let mut refusals = BTreeSet::new();
        if action.reach() == Reach::Open {
            return refusals;
        }
        if self.method != Method::Off {
            refusals.extend([403, 429]);
            // The first generation says 403 to strangers too.
            if generation == Generation::V2 {
                refusals.insert(401);
            }
        }
        if self.is_limited {
            refusals.insert(429);
        }
        refusals
    }

    fn scheme(self) -> Option<(&'static str, Value)> {
        match self.method {
            Method::Off => None,
            Method::Basic => Some(("basic", json!({ "type": "http", "scheme": "basic" }))),
            Method::Token(TokenHeader::Authorization) => {
                Some(("bearer", json!({ "type": "http", "scheme": "bearer" })))
            }
            Method::Token(TokenHeader::XChromaToken) => {
                Some(("chromaToken", json!({ "type": "apiKey", "in": "header", "name": "X-Chroma-Token" })))
            }
        }
    }
}

#[cfg(test)]
mod tests;
