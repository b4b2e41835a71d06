//! The table of routes. A route can only be registered together with the action it performs, which
//! is what authorisation decides on.

use std::{collections::BTreeMap, future::Future, pin::Pin};

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    http::Method,
    response::Response,
    routing::{MethodFilter, MethodRouter},
};

use super::{Generation, app::App, openapi::Operation};

/// What a request asks for. Names are those of Chroma's authorisation files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Heartbeat,
    Version,
    Healthcheck,
    PreFlightChecks,
    Identity,
    SystemReset,
    CreateTenant,
    GetTenant,
    UpdateTenant,
    CreateDatabase,
    GetDatabase,
    DeleteDatabase,
    ListDatabases,
    ListCollections,
    CountCollections,
    CreateCollection,
    GetCollection,
    GetCollectionByCrn,
    UpdateCollection,
    DeleteCollection,
    Add,
    Update,
    Upsert,
    Delete,
    Get,
    Query,
    Count,
    Search,
    Fork,
    CountForks,
    IndexingStatus,
    AttachFunction,
    GetAttachedFunction,
    DetachFunction,
    ReadDocumentation,
}

impl Action {
    /// Name in an authorisation file and in logs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Heartbeat => "system:heartbeat",
            Self::Version => "system:version",
            Self::Healthcheck => "system:healthcheck",
            Self::PreFlightChecks => "system:pre_flight_checks",
            Self::Identity => "system:identity",
            Self::SystemReset => "system:reset",
            Self::CreateTenant => "tenant:create_tenant",
            Self::GetTenant => "tenant:get_tenant",
            Self::UpdateTenant => "tenant:update_tenant",
            Self::CreateDatabase => "db:create_database",
            Self::GetDatabase => "db:get_database",
            Self::DeleteDatabase => "db:delete_database",
            Self::ListDatabases => "db:list_databases",
            Self::ListCollections => "db:list_collections",
            Self::CountCollections => "db:count_collections",
            Self::CreateCollection => "db:create_collection",
            Self::GetCollection => "collection:get_collection",
            Self::GetCollectionByCrn => "collection:get_collection_by_crn",
            Self::UpdateCollection => "collection:update_collection",
            Self::DeleteCollection => "collection:delete_collection",
            Self::Add => "collection:add",
            Self::Update => "collection:update",
            Self::Upsert => "collection:upsert",
            Self::Delete => "collection:delete",
            Self::Get => "collection:get",
            Self::Query => "collection:query",
            Self::Count => "collection:count",
            Self::Search => "collection:search",
            Self::Fork => "collection:fork_collection",
            Self::CountForks => "collection:count_forks",
            Self::IndexingStatus => "collection:indexing_status",
            Self::AttachFunction => "collection:create_attached_function",
            Self::GetAttachedFunction => "collection:get_attached_function",
            Self::DetachFunction => "collection:remove_attached_function",
            Self::ReadDocumentation => "system:documentation",
        }
    }
}

/// Routes by path. `/api/v1` paths are served with and without a trailing slash, others as given.
///
/// Two routes whose paths have the same shape must name their parameters alike: the router sees
/// `/collections/{name}` and `/collections/{id}` as a conflict.
#[derive(Default)]
pub(crate) struct RouteTable {
    paths: BTreeMap<String, MethodRouter<App>>,
    described: Vec<DescribedRoute>,
}

/// A route as the API's description lists it.
pub(crate) struct DescribedRoute {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) operation: Operation,
}

impl RouteTable {
    /// Registers `handler` for one method of one path. `operation` tells the readers of
    /// `/openapi.json` and `/docs` what it does.
    ///
    /// # Panics
    /// When the path already has that method: two handlers for one request are a mistake in the code.
    pub(crate) fn route<H, T>(
        &mut self,
        action: Action,
        method: Method,
        path: &'static str,
        operation: Operation,
        handler: H,
    ) where
        H: Handler<T, App>,
        T: 'static,
    {
        self.described.push(DescribedRoute { method: method.clone(), path, operation });
        self.register(action, method, path, handler);
    }

    /// Registers a page for people, which is no part of the API that it may describe.
    pub(crate) fn page<H, T>(&mut self, action: Action, path: &'static str, handler: H)
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.register(action, Method::GET, path, handler);
    }

    /// The routes of the API in the order of their registration.
    pub(crate) fn described(&self) -> &[DescribedRoute] {
        &self.described
    }

    #[cfg(test)]
    pub(crate) fn registered_paths(&self) -> impl Iterator<Item = &str> {
        self.paths.keys().map(String::as_str)
    }

    fn register<H, T>(&mut self, action: Action, method: Method, path: &'static str, handler: H)
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let filter = method_filter(method);
        let handler = Declared { action, handler };
        self.add(path.to_owned(), filter, handler.clone());
        if Generation::of_path(path) == Generation::V1 {
            self.add(format!("{path}/"), filter, handler);
        }
    }

    pub(crate) fn into_router(self) -> Router<App> {
        self.paths.into_iter().fold(Router::new(), |router, (path, methods)| router.route(&path, methods))
    }

    fn add<H, T>(&mut self, path: String, filter: MethodFilter, handler: H)
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let refuse_head = Generation::of_path(&path) == Generation::V1 && filter == MethodFilter::GET;
        let mut methods = self.paths.remove(&path).unwrap_or_default().on(filter, handler);
        if refuse_head {
            // The first generation knows no HEAD; the router would answer it from GET.
            methods = methods.on(MethodFilter::HEAD, || async { Generation::V1.wrong_method() });
        }
        self.paths.insert(path, methods);
    }
}

#[expect(clippy::expect_used, reason = "called with constants while the table is built at start")]
fn method_filter(method: Method) -> MethodFilter {
    MethodFilter::try_from(method).expect("routes have one of the standard methods")
}

/// A handler with its action. The action travels with the answer, for the access log.
#[derive(Clone)]
struct Declared<H> {
    action: Action,
    handler: H,
}

impl<H, T> Handler<T, App> for Declared<H>
where
    H: Handler<T, App>,
    T: 'static,
{
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, app: App) -> Self::Future {
        let Self { action, handler } = self;
        Box::pin(async move {
            let mut response = handler.call(request, app).await;
            response.extensions_mut().insert(action);
            response
        })
    }
}

#[cfg(test)]
mod tests;
