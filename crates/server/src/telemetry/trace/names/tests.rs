use crate::{
    http::{all_routes, route::RouteId},
    telemetry::trace::names,
};

fn route(method: &str, template: &str) -> RouteId {
    let routes = all_routes(true);
    let found = routes.routes().iter().find(|route| (route.method, route.template) == (method, template));
    *found.unwrap_or_else(|| panic!("no route {method} {template}"))
}

#[track_caller]
fn check(method: &str, path: &str, template: &str, handler: Option<&str>, operation: Option<&str>) {
    let route = route(method, path);
    let found = (names::template(route), names::handler(route), names::operation(route.action));
    assert_eq!(found, (template.to_owned(), handler, operation), "{method} {path}");
}

#[test]
fn the_first_generation_has_the_names_of_its_dashboards() {
    let by = "/api/v1/collections/{collection}";
    let (name, id) = ("/api/v1/collections/{collection_name}", "/api/v1/collections/{collection_id}");
    check("GET", by, name, Some("FastAPI.get_collection"), Some("SegmentAPI.get_collection"));
    check("DELETE", by, name, Some("FastAPI.delete_collection"), Some("SegmentAPI.delete_collection"));
    check("PUT", by, id, Some("FastAPI.update_collection"), Some("SegmentAPI._modify"));
    let query = "/api/v1/collections/{collection_id}/query";
    let found = Some("FastAPI.get_nearest_neighbors");
    check("POST", "/api/v1/collections/{collection}/query", query, found, Some("SegmentAPI._query"));
    let list = "/api/v1/collections";
    check("GET", list, list, Some("FastAPI.list_collections"), Some("SegmentAPI.list_collection"));
    check("GET", "/api/v1/heartbeat", "/api/v1/heartbeat", None, None);
    check("POST", "/api/v1/reset", "/api/v1/reset", Some("FastAPI.reset"), None);
}

#[test]
fn the_second_generation_has_the_names_of_its_api_description() {
    let add = "/api/v2/tenants/{tenant}/databases/{database}/collections/{collection_id}/add";
    let path = "/api/v2/tenants/{tenant}/databases/{database}/collections/{collection}/add";
    check("POST", path, add, Some("collection_add"), Some("SegmentAPI._add"));
    let tenant = "/api/v2/tenants/{tenant_name}";
    check("GET", "/api/v2/tenants/{tenant}", tenant, Some("get_tenant"), Some("SegmentAPI.get_tenant"));
    let by_id = "/api/v2/tenants/{tenant}/databases/{database}/collections/by-id/{collection}";
    let handler = names::handler(route("GET", by_id));
    assert_eq!(handler, Some("get_collection_by_id"));
}

#[test]
fn every_route_of_the_api_that_works_on_data_has_a_handlers_name() {
    let unnamed: Vec<_> = all_routes(true)
        .routes()
        .iter()
        .filter(|route| names::handler(**route).is_none())
        .map(|route| route.action.name())
        .collect();
    let expected =
        ["heartbeat", "version", "pre_flight_checks", "healthcheck", "probe", "metrics", "documentation"];
    for action in unnamed {
        let name = action.strip_prefix("system:").unwrap_or(action);
        assert!(expected.contains(&name), "action={action}");
    }
}
