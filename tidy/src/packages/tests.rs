use serde_json::json;

use super::*;

fn packages(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_budget_holds_up_to_its_last_package() {
    let full: Vec<String> = (0..PACKAGES_MAX).map(|n| format!("p{n} 1.0.0")).collect();
    assert_eq!(over_budget(&full).len(), 0);
    let over = [full, packages(&["one-more 1.0.0"])].concat();
    assert_eq!(over_budget(&over), ["221 packages in the server, at most 220 allowed"]);
}

#[test]
fn a_forbidden_package_is_named() {
    assert_eq!(over_budget(&packages(&["cmake 0.1.1"])), ["cmake 0.1.1 must not be part of the server"]);
}

#[test]
fn several_versions_need_a_line_and_the_line_needs_them() {
    let both = packages(&["a 1.0.0", "a 2.0.0", "b 1.0.0"]);
    assert_eq!(several_versions(&both, &[]), ["several versions of one package: a 1.0.0, a 2.0.0"]);
    assert_eq!(several_versions(&both, &[("a", "why")]).len(), 0);
    let stale = several_versions(&both, &[("a", "why"), ("b", "why")]);
    assert_eq!(stale, ["b has one version now: delete its line from SEVERAL_VERSIONS"]);
}

#[test]
fn a_package_without_an_allowed_licence_is_named() {
    let metadata = json!({"packages": [
        {"name": "a", "version": "1.0.0", "license": "MIT"},
        {"name": "b", "version": "1.0.0", "license": "GPL-3.0-only"},
        {"name": "c", "version": "1.0.0", "license": null},
    ]});
    assert_eq!(forbidden_licences(&metadata), ["b 1.0.0: GPL-3.0-only", "c 1.0.0: none stated"]);
}
