//! Every route of this generation, with what it is for.

use axum::http::Method;

use super::{
    collections, databases,
    explain::{self, ExplainResponse},
    reads::{self, ReadLevel},
    request::route,
    response::{CollectionResponse, DatabaseResponse, GetResponse, QueryResponse},
    shapes::{
        ChecklistResponse, DeleteCollectionRecordsResponse, EmptyResponse, GetTenantResponse,
        GetUserIdentityResponse, HealthResponse, HeartbeatResponse,
    },
    system, tenants, unsupported, writes,
};
use crate::http::{
    openapi::Operation,
    route::{Action, RouteTable},
};

macro_rules! database {
    ($rest:literal) => {
        concat!("/api/v2/tenants/{tenant}/databases/{database}", $rest)
    };
}

/// Paths with a collection's name and paths with its id have one shape, so the segment has one name.
macro_rules! collection {
    ($rest:literal) => {
        concat!("/api/v2/tenants/{tenant}/databases/{database}/collections/{collection}", $rest)
    };
}

/// Registers every route of this generation.
pub(crate) fn routes(table: &mut RouteTable) {
    system_routes(table);
    tenant_routes(table);
    database_routes(table);
    collection_routes(table);
    write_routes(table);
    read_routes(table);
    refused_collection_routes(table);
    refused_function_routes(table);
}

fn system_routes(table: &mut RouteTable) {
    let about = |id, summary| Operation::new("System", id, summary);
    let alive = |id| about(id, "Whether the server is alive").answers::<HeartbeatResponse>(200);
    route(table, Action::Heartbeat, Method::GET, "/api/v2", alive("root"), system::heartbeat);
    route(table, Action::Heartbeat, Method::GET, "/api/v2/heartbeat", alive("heartbeat"), system::heartbeat);
    let version = about("version", "The version of the API").answers::<String>(200);
    route(table, Action::Version, Method::GET, "/api/v2/version", version, system::version);
    let health = about("healthcheck", "Whether the server is ready").answers::<HealthResponse>(200);
    route(table, Action::Healthcheck, Method::GET, "/api/v2/healthcheck", health, system::healthcheck);
    let limits = about("pre_flight_checks", "Limits of requests").answers::<ChecklistResponse>(200);
    route(
        table,
        Action::PreFlightChecks,
        Method::GET,
        "/api/v2/pre-flight-checks",
        limits,
        system::pre_flight_checks,
    );
    let identity = Operation::new("Authentication", "get_user_identity", "Who the caller is")
        .answers::<GetUserIdentityResponse>(200);
    route(table, Action::Identity, Method::GET, "/api/v2/auth/identity", identity, system::identity);
    let reset = about("reset", "Delete everything, if the option allow-reset is on")
        .answers::<bool>(200)
        .errors(&[403]);
    route(table, Action::SystemReset, Method::POST, "/api/v2/reset", reset, system::reset);
}

fn tenant_routes(table: &mut RouteTable) {
    const TENANT: &str = "/api/v2/tenants/{tenant}";
    let about = |id, summary| Operation::new("Tenant", id, summary);
    let create = about("create_tenant", "Create a tenant")
        .body::<tenants::CreateRequest>()
        .answers::<EmptyResponse>(200)
        .errors(&[409, 507]);
    route(table, Action::CreateTenant, Method::POST, "/api/v2/tenants", create, tenants::create);
    let get = about("get_tenant", "A tenant").answers::<GetTenantResponse>(200).errors(&[404]);
    route(table, Action::GetTenant, Method::GET, TENANT, get, tenants::get);
    let update = about("update_tenant", "Change a tenant's resource name, which is accepted and not kept")
        .body::<tenants::UpdateRequest>()
        .answers::<EmptyResponse>(200)
        .errors(&[404]);
    route(table, Action::UpdateTenant, Method::PATCH, TENANT, update, tenants::update);
}

fn database_routes(table: &mut RouteTable) {
    const DATABASES: &str = "/api/v2/tenants/{tenant}/databases";
    let about = |id, summary| Operation::new("Database", id, summary);
    let create = about("create_database", "Create a database")
        .body::<databases::CreateRequest>()
        .answers::<EmptyResponse>(200)
        .errors(&[404, 409, 507]);
    route(table, Action::CreateDatabase, Method::POST, DATABASES, create, databases::create);
    let list =
        paged(about("list_databases", "The databases of a tenant")).answers::<Vec<DatabaseResponse<'_>>>(200);
    route(table, Action::ListDatabases, Method::GET, DATABASES, list, databases::list);
    let get = about("get_database", "A database").answers::<DatabaseResponse<'_>>(200).errors(&[404]);
    route(table, Action::GetDatabase, Method::GET, database!(""), get, databases::get);
    let delete = about("delete_database", "Delete a database with its collections")
        .answers::<EmptyResponse>(200)
        .errors(&[404, 507]);
    route(table, Action::DeleteDatabase, Method::DELETE, database!(""), delete, databases::delete);
}

fn collection_routes(table: &mut RouteTable) {
    const BY_ID: &str = database!("/collections/by-id/{collection}");
    const BY_CRN: &str = "/api/v2/collections/{crn}";
    let create = in_collections("create_collection", "Create a collection")
        .body::<collections::CreateRequest>()
        .answers::<CollectionResponse<'_>>(200)
        .errors(&[404, 409, 501, 507]);
    route(
        table,
        Action::CreateCollection,
        Method::POST,
        database!("/collections"),
        create,
        collections::create,
    );
    let list = paged(in_collections("list_collections", "The collections of a database"))
        .answers::<Vec<CollectionResponse<'_>>>(200);
    route(table, Action::ListCollections, Method::GET, database!("/collections"), list, collections::list);
    let count =
        in_collections("count_collections", "How many collections a database has").answers::<u32>(200);
    route(
        table,
        Action::CountCollections,
        Method::GET,
        database!("/collections_count"),
        count,
        collections::count,
    );
    let get = one_collection("get_collection", "The collection of a name");
    route(table, Action::GetCollection, Method::GET, collection!(""), get, collections::get);
    let get = one_collection("get_collection_by_id", "The collection of an id");
    route(table, Action::GetCollection, Method::GET, BY_ID, get, collections::get_by_id);
    let get = one_collection("get_collection_by_crn", "The collection of a resource name; none has one here");
    route(table, Action::GetCollectionByCrn, Method::GET, BY_CRN, get, collections::get_by_crn);
    let update = in_collections(
        "update_collection",
        "Change the name, metadata or configuration of the collection of an id",
    )
    .body::<collections::UpdateRequest>()
    .answers::<EmptyResponse>(200)
    .errors(&[404, 409, 501, 507]);
    route(table, Action::UpdateCollection, Method::PUT, collection!(""), update, collections::update);
    let delete = in_collections("delete_collection", "Delete the collection of a name")
        .answers::<EmptyResponse>(200)
        .errors(&[404, 507]);
    route(table, Action::DeleteCollection, Method::DELETE, collection!(""), delete, collections::delete);
}

fn write_routes(table: &mut RouteTable) {
    let add = of_records("collection_add", "Add records; ids that are there already are left as they are")
        .body::<writes::AddRequest>()
        .answers::<EmptyResponse>(201)
        .errors(&[501, 507]);
    route(table, Action::Add, Method::POST, collection!("/add"), add, writes::add);
    let update = of_records("collection_update", "Change records; unknown ids are ignored")
        .body::<writes::UpdateRequest>()
        .answers::<EmptyResponse>(200)
        .errors(&[501, 507]);
    route(table, Action::Update, Method::POST, collection!("/update"), update, writes::update);
    let upsert = of_records("collection_upsert", "Change records, and add those whose ids are unknown")
        .body::<writes::UpsertRequest>()
        .answers::<EmptyResponse>(200)
        .errors(&[501, 507]);
    route(table, Action::Upsert, Method::POST, collection!("/upsert"), upsert, writes::upsert);
    let delete = of_records("collection_delete", "Delete records by id or by filter")
        .body::<writes::DeleteRequest>()
        .answers::<DeleteCollectionRecordsResponse>(200)
        .errors(&[507]);
    route(table, Action::Delete, Method::POST, collection!("/delete"), delete, writes::delete);
}

fn read_routes(table: &mut RouteTable) {
    const INDEXING: &str = collection!("/indexing_status");
    let get = of_records("collection_get", "Records by id, by filter, or page by page")
        .body::<reads::GetRequest>()
        .answers::<GetResponse<'_>>(200);
    route(table, Action::Get, Method::POST, collection!("/get"), get, reads::get);
    let query = of_records("collection_query", "The records nearest to each of some embeddings")
        .body::<reads::QueryRequest>()
        .answers::<QueryResponse<'_>>(200);
    route(table, Action::Query, Method::POST, collection!("/query"), query, reads::query);
    let explain = of_records("collection_explain", "What a query does: HueDB's own operation")
        .body::<reads::QueryRequest>()
        .answers::<ExplainResponse>(200);
    route(table, Action::Query, Method::POST, collection!("/explain"), explain, explain::explain);
    let count = of_records("collection_count", "How many records the collection has")
        .query::<ReadLevel>(
            "read_level",
            "Accepted; every read sees all writes that were acknowledged before it",
        )
        .answers::<u32>(200);
    route(table, Action::Count, Method::GET, collection!("/count"), count, reads::count);
    let status =
        of_records("indexing_status", "How many of the records are in an index; the others are found too")
            .answers::<reads::IndexStatus>(200);
    route(table, Action::IndexingStatus, Method::GET, INDEXING, status, reads::indexing_status);
}

/// Features of Chroma's cloud, refused as its single node refuses them.
fn refused_collection_routes(table: &mut RouteTable) {
    let search = of_records("collection_search", "Refused: search is a feature of Chroma's cloud")
        .body::<unsupported::SearchRequest>()
        .errors(&[501]);
    route(table, Action::Search, Method::POST, collection!("/search"), search, unsupported::search);
    let fork = in_collections("fork_collection", "Refused: forks are a feature of Chroma's cloud")
        .body::<unsupported::ForkRequest>()
        .errors(&[404, 501]);
    route(table, Action::Fork, Method::POST, collection!("/fork"), fork, unsupported::fork);
    let count =
        in_collections("fork_count", "Refused: forks are a feature of Chroma's cloud").errors(&[404, 501]);
    route(table, Action::CountForks, Method::GET, collection!("/fork_count"), count, unsupported::fork_count);
}

fn refused_function_routes(table: &mut RouteTable) {
    const ATTACH: &str = collection!("/functions/attach");
    const FUNCTION: &str = collection!("/functions/{function}");
    const DETACH: &str = collection!("/attached_functions/{function}/detach");
    let refused = |id| {
        let summary = "Refused: attached functions are a feature of Chroma's cloud";
        Operation::new("Function", id, summary).errors(&[404, 501])
    };
    let attach = refused("attach_function").body::<unsupported::AttachRequest>();
    route(table, Action::AttachFunction, Method::POST, ATTACH, attach, unsupported::attach_function);
    let get = refused("get_attached_function");
    route(table, Action::GetAttachedFunction, Method::GET, FUNCTION, get, unsupported::attached_function);
    let detach = refused("detach_function").body::<unsupported::DetachRequest>();
    route(table, Action::DetachFunction, Method::POST, DETACH, detach, unsupported::detach_function);
}

fn in_collections(id: &'static str, summary: &'static str) -> Operation {
    Operation::new("Collection", id, summary)
}

fn one_collection(id: &'static str, summary: &'static str) -> Operation {
    in_collections(id, summary).answers::<CollectionResponse<'_>>(200).errors(&[404])
}

fn of_records(id: &'static str, summary: &'static str) -> Operation {
    Operation::new("Record", id, summary).errors(&[404])
}

fn paged(operation: Operation) -> Operation {
    operation
        .query::<u32>("limit", "How many at most; all if it is left out")
        .query::<u32>("offset", "How many of the first to leave out")
}
