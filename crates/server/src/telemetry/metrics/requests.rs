//! Requests by route template, method and status, with their durations.

use std::{
    sync::{OnceLock, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

use axum::http::{Method, StatusCode};

use huedb_types::Durations;

use super::{Family, FamilyKind, Sample, Value};

/// Statuses that have a series of their own, with the label's value; others count as `other`.
const STATUSES: [(u16, &str); 22] = [
    (200, "200"),
    (201, "201"),
    (204, "204"),
    (304, "304"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (408, "408"),
    (409, "409"),
    (410, "410"),
    (413, "413"),
    (415, "415"),
    (422, "422"),
    (429, "429"),
    (431, "431"),
    (500, "500"),
    (501, "501"),
    (503, "503"),
    (504, "504"),
    (507, "507"),
];

/// The label of requests that no route took. Their path is the client's invention, so it is no label.
const NO_ROUTE: &str = "none";

/// A route as its label values.
#[derive(Clone, Debug)]
pub(crate) struct RouteLabels {
    pub(crate) template: &'static str,
    pub(crate) method: &'static str,
    pub(crate) action: &'static str,
}

/// The label value of a method; unusual ones share one.
pub(crate) fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Series of all routes. The list of routes is given once, before the first request.
#[derive(Debug, Default)]
pub(crate) struct RequestMetrics {
    routes: OnceLock<Vec<RouteSeries>>,
    unrouted: Series,
}

#[derive(Debug)]
struct RouteSeries {
    labels: RouteLabels,
    series: Series,
}

#[derive(Debug, Default)]
struct Series {
    by_status: [AtomicU64; STATUSES.len() + 1],
    durations: Durations,
}

impl Series {
    fn count(&self, status: StatusCode, duration: Duration) {
        let known = STATUSES.iter().position(|(code, _)| *code == status.as_u16());
        self.by_status[known.unwrap_or(STATUSES.len())].fetch_add(1, Ordering::Relaxed);
        self.durations.observe(duration);
    }
}

impl RequestMetrics {
    /// Makes the series; routes are counted by their place in `routes`. Only the first call counts.
    pub(crate) fn set_routes(&self, routes: impl IntoIterator<Item = RouteLabels>) {
        self.routes.get_or_init(|| {
            routes.into_iter().map(|labels| RouteSeries { labels, series: Series::default() }).collect()
        });
    }

    /// Counts an answer; `route` is the number of the route that took the request.
    pub(crate) fn count(&self, route: Option<usize>, status: StatusCode, duration: Duration) {
        let routes = self.routes.get();
        let series = route.and_then(|number| routes?.get(number)).map(|route| &route.series);
        series.unwrap_or(&self.unrouted).count(status, duration);
    }

    /// The families; series that never counted anything are left out.
    pub(crate) fn families(&self) -> [Family; 2] {
        let mut requests =
            Family::new("huedb_http_requests_total", FamilyKind::Counter, "Requests that were answered");
        let mut durations = Family::new(
            "huedb_http_request_duration_seconds",
            FamilyKind::Histogram,
            "Time from the head of a request to the head of its answer",
        );
        let unrouted = RouteLabels { template: NO_ROUTE, method: "any", action: NO_ROUTE };
        let routes = self.routes.get().into_iter().flatten().map(|route| (&route.labels, &route.series));
        for (labels, series) in routes.chain([(&unrouted, &self.unrouted)]) {
            let route = [("route", labels.template), ("method", labels.method), ("action", labels.action)];
            let statuses = STATUSES.iter().map(|(_, label)| *label).chain(["other"]);
            for (status, count) in statuses.zip(&series.by_status) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let [template, method, action] = route;
                    requests = requests.with(&[template, method, action, ("status", status)], count as f64);
                }
            }
            let value = series.durations.counts();
            if value.count() > 0 {
                let value = Value::Histogram(Box::new(value));
                durations.samples.push(Sample { labels: route.to_vec(), value });
            }
        }
        [requests, durations]
    }
}
