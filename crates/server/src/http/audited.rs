//! What the audit log is told of a request.

use std::{net::IpAddr, sync::Arc, time::Instant};

use axum::{extract::Request, response::Response};

use super::request_id::RequestId;
use crate::{
    audit::{Audit, Entry, Outcome, Place},
    auth::{
        action::{Action, Reach},
        identity::Identity,
        trail::Trail,
    },
    telemetry::trace::Connection,
};

/// A request that is under way.
pub(super) struct Audited {
    id: RequestId,
    source: Option<IpAddr>,
    place: Place,
    started: Instant,
}

impl Audited {
    pub(super) fn begin(request: &Request, id: &RequestId) -> Self {
        let uri = request.uri();
        let peer = request.extensions().get::<Connection>().and_then(|facts| facts.peer);
        Self {
            id: id.clone(),
            source: peer.map(|peer| peer.ip().to_canonical()),
            place: Place::of(uri.path(), uri.query().unwrap_or_default()),
            started: Instant::now(),
        }
    }

    /// Writes the request down, unless it asked for nothing that belongs to anybody.
    pub(super) fn end(self, response: &Response, audit: &Audit) {
        let action = response.extensions().get::<Action>();
        let Some(action) = action.filter(|action| action.reach() != Reach::Open) else { return };
        let status = response.status().as_u16();
        let user =
            response.extensions().get::<Identity>().map(Identity::user_id).filter(|user| !user.is_empty());
        let trail = response.extensions().get::<Arc<Trail>>();
        let mut place = self.place;
        if let Some(name) = trail.and_then(|trail| trail.new_collection()) {
            place.collection = Some(name.to_owned());
        }
        let is_denied = trail.is_some_and(|trail| trail.is_denied());
        audit.record(&Entry {
            request_id: self.id.as_str(),
            user,
            source: self.source,
            action: action.name(),
            place,
            records: trail.and_then(|trail| trail.records()),
            status,
            outcome: if is_denied { Outcome::Denied } else { Outcome::of_status(status) },
            took_us: self.started.elapsed().as_micros() as u64,
        });
    }
}
