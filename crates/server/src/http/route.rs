//! The table of routes. A route can only be registered together with the action it performs, which
//! is what authorisation decides on.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, time::Instant};

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    http::Method,
    response::Response,
    routing::{MethodFilter, MethodRouter},
};

use super::{
    Generation,
    app::App,
    body,
    limited::{self, Asked},
    openapi::Operation,
};
pub(crate) use crate::auth::action::Action;
use crate::{
    auth::{gate::Refusal, throttle::Source},
    telemetry::{
        metrics::requests::{RouteLabels, method_label},
        request,
        trace::resource::Resource,
    },
};

/// One route: how metrics and traces name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouteId {
    /// Its place in the table.
    pub(crate) number: usize,
    pub(crate) action: Action,
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
}

/// Routes by path. `/api/v1` paths are served with and without a trailing slash, others as given.
///
/// Two routes whose paths have the same shape must name their parameters alike: the router sees
/// `/collections/{name}` and `/collections/{id}` as a conflict.
#[derive(Default)]
pub(crate) struct RouteTable {
    paths: BTreeMap<String, MethodRouter<App>>,
    routes: Vec<RouteId>,
    described: Vec<DescribedRoute>,
}

/// A route as the API's description lists it.
#[derive(Clone)]
pub(crate) struct DescribedRoute {
    pub(crate) action: Action,
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
        self.described.push(DescribedRoute { action, method: method.clone(), path, operation });
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
        let route =
            RouteId { number: self.routes.len(), action, method: method_label(&method), template: path };
        self.routes.push(route);
        let filter = method_filter(method);
        let handler = Declared { route, handler };
        self.add(path.to_owned(), filter, handler.clone());
        if Generation::of_path(path) == Generation::V1 {
            self.add(format!("{path}/"), filter, handler);
        }
    }

    #[cfg(test)]
    pub(crate) fn routes(&self) -> &[RouteId] {
        &self.routes
    }

    /// Every route's labels, by its number.
    pub(crate) fn labels(&self) -> impl Iterator<Item = RouteLabels> {
        self.routes.iter().map(|route| RouteLabels {
            template: route.template,
            method: route.method,
            action: route.action.name(),
        })
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

/// A handler with its route. Nothing gets to the handler that the gate has not admitted for the action.
///
/// Action, identity and trail travel with the answer, for logs.
#[derive(Clone)]
struct Declared<H> {
    route: RouteId,
    handler: H,
}

impl<H, T> Handler<T, App> for Declared<H>
where
    H: Handler<T, App>,
    T: 'static,
{
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, mut request: Request, app: App) -> Self::Future {
        let Self { route, handler } = self;
        Box::pin(async move {
            request::routed(route);
            let began = Instant::now();
            let generation = Generation::of_path(request.uri().path());
            let source = request.extensions().get::<Source>().copied();
            let action = app.telemetry.needed_for(route.action);
            let mut response = match app.gate.admit(generation, action, request.headers(), source).await {
                Ok(access) => {
                    if request::is_traced() {
                        request::authorised(Resource::of(&mut request, generation).await, began);
                    }
                    let (identity, trail) = (access.identity().clone(), Arc::clone(access.trail()));
                    let counters = Arc::clone(&app.telemetry.counters);
                    request::admitted(&trail);
                    let asked = Asked::of(&request);
                    let mut response = match limited::admit(&app, action, asked, &access).await {
                        Ok(_under_way) => {
                            request.extensions_mut().insert(access);
                            handler.call(request, app).await
                        }
                        Err(limited) => {
                            counters.rate_limited.add(1);
                            body::discard_later(request);
                            limited::answer(generation, &limited)
                        }
                    };
                    if trail.is_denied() {
                        counters.refused(Refusal::Denied);
                    }
                    response.extensions_mut().insert(identity);
                    response.extensions_mut().insert(trail);
                    response
                }
                Err(refusal) => {
                    app.telemetry.counters.refused(refusal);
                    refuse(generation, refusal, request)
                }
            };
            request::handled(began);
            response.extensions_mut().insert(route.action);
            response
        })
    }
}

/// Answers at once. A client that is still sending would not see the answer if nobody took its bytes, so
/// they are thrown away meanwhile, unread and within bounds.
fn refuse(generation: Generation, refusal: Refusal, request: Request) -> Response {
    body::discard_later(request);
    generation.refused(refusal)
}

#[cfg(test)]
mod tests;
