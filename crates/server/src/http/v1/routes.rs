//! Every route of this generation, with what it is for.

use axum::http::Method;

use super::{
    bodies::{CreateCollectionBody, DeleteBody, GetBody, NameBody, QueryBody, UpdateCollectionBody},
    collections, records,
    response::{CollectionResponse, DatabaseResponse, GetResponse, QueryResponse},
    shapes::{HeartbeatV1, PreFlightChecksV1, TenantV1},
    system, tenants,
    write::WriteBody,
};
use crate::http::{
    openapi::Operation,
    route::{Action, RouteTable},
};

macro_rules! collection {
    ($rest:literal) => {
        concat!("/api/v1/collections/{collection}", $rest)
    };
}

/// Registers every route of this generation.
pub(crate) fn routes(table: &mut RouteTable) {
    system_routes(table);
    tenant_routes(table);
    collection_routes(table);
    write_routes(table);
    read_routes(table);
}

fn system_routes(table: &mut RouteTable) {
    let about = |id, summary| Operation::new("System (v1)", id, summary);
    let alive = |id| about(id, "Whether the server is alive").answers::<HeartbeatV1>(200);
    table.route(Action::Heartbeat, Method::GET, "/api/v1", alive("root_v1"), system::heartbeat);
    table.route(
        Action::Heartbeat,
        Method::GET,
        "/api/v1/heartbeat",
        alive("heartbeat_v1"),
        system::heartbeat,
    );
    let version = about("version_v1", "The version of Chroma that this API has").answers::<String>(200);
    table.route(Action::Version, Method::GET, "/api/v1/version", version, system::version);
    let limits = about("pre_flight_checks_v1", "Limits of requests").answers::<PreFlightChecksV1>(200);
    table.route(
        Action::PreFlightChecks,
        Method::GET,
        "/api/v1/pre-flight-checks",
        limits,
        system::pre_flight_checks,
    );
    let reset = about("reset_v1", "Delete everything, if the option allow-reset is on").answers::<bool>(200);
    table.route(Action::SystemReset, Method::POST, "/api/v1/reset", reset, system::reset);
}

fn tenant_routes(table: &mut RouteTable) {
    const DATABASE: &str = "/api/v1/databases/{database}";
    let about = |id, summary| Operation::new("Tenant and database (v1)", id, summary);
    let create =
        about("create_tenant_v1", "Create a tenant").body::<NameBody>().answers::<()>(200).errors(&[507]);
    table.route(Action::CreateTenant, Method::POST, "/api/v1/tenants", create, tenants::create_tenant);
    let get = about("get_tenant_v1", "A tenant").answers::<TenantV1>(200).errors(&[404]);
    table.route(Action::GetTenant, Method::GET, "/api/v1/tenants/{tenant}", get, tenants::get_tenant);
    let create = of_tenant(about("create_database_v1", "Create a database"))
        .body::<NameBody>()
        .answers::<()>(200)
        .errors(&[507]);
    table.route(Action::CreateDatabase, Method::POST, "/api/v1/databases", create, tenants::create_database);
    let get =
        of_tenant(about("get_database_v1", "A database")).answers::<DatabaseResponse<'_>>(200).errors(&[404]);
    table.route(Action::GetDatabase, Method::GET, DATABASE, get, tenants::get_database);
}

fn collection_routes(table: &mut RouteTable) {
    const COLLECTIONS: &str = "/api/v1/collections";
    let about = |id, summary| Operation::new("Collection (v1)", id, summary);
    let in_database = |id, summary| of_database(about(id, summary));
    let list = in_database("list_collections_v1", "The collections of a database")
        .query::<Option<i64>>("limit", "How many at most; negative numbers count from the end")
        .query::<Option<i64>>("offset", "Where to begin; negative numbers count from the end")
        .answers::<Vec<CollectionResponse>>(200)
        .errors(&[422]);
    table.route(Action::ListCollections, Method::GET, COLLECTIONS, list, collections::list);
    let count =
        in_database("count_collections_v1", "How many collections a database has").answers::<u64>(200);
    table.route(
        Action::CountCollections,
        Method::GET,
        "/api/v1/count_collections",
        count,
        collections::count,
    );
    let create = in_database("create_collection_v1", "Create a collection")
        .body::<CreateCollectionBody>()
        .answers::<CollectionResponse>(200)
        .errors(&[507]);
    table.route(Action::CreateCollection, Method::POST, COLLECTIONS, create, collections::create);
    // One parameter for both meanings, or the router would see two routes: GET and DELETE take the name
    // of a collection, PUT and what follows its id.
    let get = in_database("get_collection_v1", "The collection of a name").answers::<CollectionResponse>(200);
    table.route(Action::GetCollection, Method::GET, collection!(""), get.errors(&[400]), collections::get);
    let delete = in_database("delete_collection_v1", "Delete the collection of a name").answers::<()>(200);
    table.route(
        Action::DeleteCollection,
        Method::DELETE,
        collection!(""),
        delete.errors(&[507]),
        collections::delete,
    );
    let update = about("update_collection_v1", "Change the name or metadata of the collection of an id")
        .body::<UpdateCollectionBody>()
        .answers::<()>(200)
        .errors(&[507]);
    table.route(Action::UpdateCollection, Method::PUT, collection!(""), update, collections::update);
}

fn write_routes(table: &mut RouteTable) {
    let about = |id, summary| Operation::new("Record (v1)", id, summary).errors(&[507]);
    let add = about("add_v1", "Add records; ids that are there already are left as they are")
        .body::<WriteBody>()
        .answers::<bool>(201);
    table.route(Action::Add, Method::POST, collection!("/add"), add, records::add);
    let update =
        about("update_v1", "Change records; unknown ids are ignored").body::<WriteBody>().answers::<()>(200);
    table.route(Action::Update, Method::POST, collection!("/update"), update, records::update);
    let upsert = about("upsert_v1", "Change records, and add those whose ids are unknown")
        .body::<WriteBody>()
        .answers::<()>(200);
    table.route(Action::Upsert, Method::POST, collection!("/upsert"), upsert, records::upsert);
    let delete =
        about("delete_v1", "Delete records by id or by filter").body::<DeleteBody>().answers::<()>(200);
    table.route(Action::Delete, Method::POST, collection!("/delete"), delete, records::delete);
}

fn read_routes(table: &mut RouteTable) {
    let about = |id, summary| Operation::new("Record (v1)", id, summary);
    let get = about("get_v1", "Records by id, by filter, or page by page")
        .body::<GetBody>()
        .answers::<GetResponse>(200);
    table.route(Action::Get, Method::POST, collection!("/get"), get, records::get);
    let count = about("count_v1", "How many records the collection has").answers::<u64>(200).errors(&[400]);
    table.route(Action::Count, Method::GET, collection!("/count"), count, records::count);
    let query = about("get_nearest_neighbors_v1", "The records nearest to each of some embeddings")
        .body::<QueryBody>()
        .answers::<QueryResponse>(200);
    table.route(Action::Query, Method::POST, collection!("/query"), query, records::query);
}

fn of_tenant(operation: Operation) -> Operation {
    operation.query::<String>("tenant", "`default_tenant` if it is left out")
}

fn of_database(operation: Operation) -> Operation {
    of_tenant(operation).query::<String>("database", "`default_database` if it is left out")
}
