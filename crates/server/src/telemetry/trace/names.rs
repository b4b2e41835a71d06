//! Names of spans. Users have dashboards on those of Chroma, so they are kept, mistakes included.

use huedb_engine::phase::Phase;

use super::Granularity;
use crate::http::{
    Generation,
    route::{Action, RouteId},
};

/// Between the handler's span and the work: who asks, and about what.
pub(crate) const AUTHORISATION: &str = "auth_and_get_tenant_and_database_for_request";

/// Waiting for a thread of the CPU pool.
pub(crate) const QUEUE: &str = "engine.queue";

/// Waiting until a write is on disk.
pub(crate) const DURABLE: &str = "engine.wal_fsync_wait";

/// The route as Chroma's documents spell it. Our router needs one name for what is a collection's name
/// with one method and its id with another.
pub(crate) fn template(route: RouteId) -> String {
    let by_name = matches!(route.action, Action::GetCollection | Action::DeleteCollection);
    let collection = match Generation::of_path(route.template) {
        Generation::V1 if by_name => "{collection_name}",
        _ => "{collection_id}",
    };
    let tenant = match route.template {
        "/api/v2/tenants/{tenant}" => "{tenant_name}",
        _ => "{tenant}",
    };
    route.template.replace("{collection}", collection).replace("{tenant}", tenant)
}

/// The span of the handler; the first generation's routes about the server itself have none.
pub(crate) fn handler(route: RouteId) -> Option<&'static str> {
    match Generation::of_path(route.template) {
        Generation::V1 => v1_handler(route.action),
        Generation::V2 => v2_handler(route),
    }
}

fn v1_handler(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::SystemReset => "FastAPI.reset",
        Action::CreateTenant => "FastAPI.create_tenant",
        Action::GetTenant => "FastAPI.get_tenant",
        Action::CreateDatabase => "FastAPI.create_database",
        Action::GetDatabase => "FastAPI.get_database",
        Action::ListCollections => "FastAPI.list_collections",
        Action::CountCollections => "FastAPI.count_collections",
        Action::CreateCollection => "FastAPI.create_collection",
        Action::GetCollection => "FastAPI.get_collection",
        Action::UpdateCollection => "FastAPI.update_collection",
        Action::DeleteCollection => "FastAPI.delete_collection",
        Action::Add => "FastAPI.add",
        Action::Update => "FastAPI.update",
        Action::Upsert => "FastAPI.upsert",
        Action::Delete => "FastAPI.delete",
        Action::Get => "FastAPI.get",
        Action::Count => "FastAPI.count",
        Action::Query => "FastAPI.get_nearest_neighbors",
        _ => return None,
    })
}

/// Names of 1.5.9, which are those of the operations in its API description.
fn v2_handler(route: RouteId) -> Option<&'static str> {
    let by_id = route.template.contains("/by-id/");
    Some(match route.action {
        Action::Identity => "get_user_identity",
        Action::SystemReset => "reset",
        Action::CreateTenant => "create_tenant",
        Action::GetTenant => "get_tenant",
        Action::UpdateTenant => "update_tenant",
        Action::CreateDatabase => "create_database",
        Action::GetDatabase => "get_database",
        Action::DeleteDatabase => "delete_database",
        Action::ListDatabases => "list_databases",
        Action::ListCollections => "list_collections",
        Action::CountCollections => "count_collections",
        Action::CreateCollection => "create_collection",
        Action::GetCollection if by_id => "get_collection_by_id",
        Action::GetCollection => "get_collection",
        Action::GetCollectionByCrn => "get_collection_by_crn",
        Action::UpdateCollection => "update_collection",
        Action::DeleteCollection => "delete_collection",
        Action::Add => "collection_add",
        Action::Update => "collection_update",
        Action::Upsert => "collection_upsert",
        Action::Delete => "collection_delete",
        Action::Get => "collection_get",
        Action::Query => "collection_query",
        Action::Count => "collection_count",
        Action::Search => "collection_search",
        Action::Fork => "fork_collection",
        Action::CountForks => "fork_count",
        Action::IndexingStatus => "indexing_status",
        Action::AttachFunction => "attach_function",
        Action::GetAttachedFunction => "get_attached_function",
        Action::DetachFunction => "detach_function",
        _ => return None,
    })
}

/// The span of the operation itself.
pub(crate) fn operation(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::CreateTenant => "SegmentAPI.create_tenant",
        Action::GetTenant => "SegmentAPI.get_tenant",
        Action::CreateDatabase => "SegmentAPI.create_database",
        Action::GetDatabase => "SegmentAPI.get_database",
        Action::DeleteDatabase => "SegmentAPI.delete_database",
        Action::ListDatabases => "SegmentAPI.list_databases",
        Action::ListCollections => "SegmentAPI.list_collection",
        Action::CountCollections => "SegmentAPI.count_collections",
        Action::CreateCollection => "SegmentAPI.create_collection",
        Action::GetCollection => "SegmentAPI.get_collection",
        Action::UpdateCollection => "SegmentAPI._modify",
        Action::DeleteCollection => "SegmentAPI.delete_collection",
        Action::Add => "SegmentAPI._add",
        Action::Update => "SegmentAPI._update",
        Action::Upsert => "SegmentAPI._upsert",
        Action::Delete => "SegmentAPI._delete",
        Action::Get => "SegmentAPI._get",
        Action::Query => "SegmentAPI._query",
        Action::Count => "SegmentAPI._count",
        _ => return None,
    })
}

/// A phase's span and the granularity from which on it is told.
pub(crate) fn phase(phase: Phase) -> (&'static str, Granularity) {
    use Granularity::{All, OperationAndSegment};
    match phase {
        Phase::Open => ("LocalSegmentManager.get_segment", OperationAndSegment),
        Phase::SearchSegment => ("engine.search_segment", OperationAndSegment),
        Phase::SearchMemtable => ("engine.search_memtable", OperationAndSegment),
        Phase::Filter => ("engine.filter", All),
        Phase::Fetch => ("engine.fetch", All),
        Phase::Resolve => ("engine.resolve", All),
        Phase::Append => ("engine.wal_append", All),
        Phase::Apply => ("engine.apply", All),
    }
}

/// What stands for the segments of a collection that is made or deleted. Making segments takes no time
/// of its own here, so the span is the operation's.
pub(crate) fn segments(action: Action) -> Option<&'static str> {
    match action {
        Action::CreateCollection => Some("LocalSegmentManager.create_segments"),
        Action::DeleteCollection => Some("LocalSegmentManager.delete_segments"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
