//! Limits of a caller at the edge: what each action costs, and the answer to too much of it.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use huedb_types::CollectionId;
use uuid::Uuid;

use super::{Generation, app::App, v1, v2};
use crate::{
    audit::Place,
    auth::{
        access::Access,
        action::{Action, Reach},
        throttle::Source,
    },
    limits::{Limited, Load, Subject, UnderWay},
};

/// What counting needs of a request; the request itself cannot be lent to another thread.
pub(super) struct Asked {
    source: Option<Source>,
    collection: Option<CollectionId>,
}

impl Asked {
    pub(super) fn of(request: &Request) -> Self {
        let id = Place::of(request.uri().path(), "").collection.and_then(|id| Uuid::parse_str(&id).ok());
        Self { source: request.extensions().get().copied(), collection: id.map(CollectionId) }
    }
}

/// Counts a request, whose body nobody has read yet. The guard lives as long as the request.
///
/// # Errors
/// See [`Limited`].
pub(super) async fn admit(
    app: &App,
    action: Action,
    asked: Asked,
    access: &Access,
) -> Result<Option<UnderWay>, Limited> {
    let (load, own) = (load_of(action), access.identity().limits());
    let subject = || match (access.identity().user_id(), asked.source) {
        ("", Some(source)) => Subject::Source(source),
        ("", None) => Subject::Unknown,
        (user, _) => Subject::User(user.to_owned()),
    };
    let under_way = app.limits.admit(own, subject, load)?;
    if let Some(id) = asked.collection.filter(|_| app.limits.has_quota(own, load)) {
        let (limits, access) = (app.limits.clone(), access.clone());
        // Counting may open collections. When the pool is full, the request itself will hear so.
        let checked = app.run(move || check_quota(&limits, &access, id)).await;
        checked.unwrap_or(Ok(()))?;
    }
    Ok(under_way)
}

/// A collection that is not there or out of reach has no tenant; the handler says what is wrong.
fn check_quota(limits: &crate::limits::Limits, access: &Access, id: CollectionId) -> Result<(), Limited> {
    let Ok(collection) = access.collection_with_id(id) else { return Ok(()) };
    let tenant = &collection.descriptor().tenant;
    let identity = access.identity();
    limits.check_quota((identity.user_id(), identity.limits()), tenant, |extent| access.held(tenant, extent))
}

fn load_of(action: Action) -> Load {
    match action {
        _ if action.reach() == Reach::Open => Load::None,
        Action::Query | Action::Search | Action::Get => Load::Query,
        Action::Add | Action::Upsert | Action::Update => Load::Growth,
        _ => Load::Small,
    }
}

/// 429, or what the generation's clients know as a quota, with the time after which to try again.
pub(super) fn answer(generation: Generation, limited: &Limited) -> Response {
    let mut response = match generation {
        Generation::V1 => v1::limited(limited),
        Generation::V2 => v2::limited(limited),
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(limited.retry_after()));
    response
}
