//! That the page loads nothing from outside, and that its parts belong together.

use super::*;

fn content_of(path: &str) -> &'static str {
    FILES.iter().find(|(name, ..)| *name == path).unwrap().2
}

/// The values of an attribute in the page.
fn attributes(name: &str) -> Vec<&'static str> {
    let opening = format!("{name}=\"");
    content_of("/docs/").split(&opening).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn no_file_names_another_host() {
    for (path, _, content) in FILES {
        for way in ["//", "http:", "https:", "url(", "@import", "import ", "import(", "importScripts"] {
            // In scripts, two slashes begin a comment.
            let code: String = content
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            assert!(!code.contains(way), "{path} has {way}");
        }
    }
}

#[test]
fn the_page_loads_its_own_files_and_has_no_script_or_style_inside() {
    let served = ["style.css", "example.js", "app.js"];
    let loaded: Vec<_> = attributes("src").into_iter().chain(attributes("href")).collect();
    for target in &loaded {
        let is_own = served.contains(target) || ["../openapi.json", "data:,", "#operations"].contains(target);
        assert!(is_own, "{target}");
    }
    for file in served {
        assert!(loaded.contains(&file), "{file} is served and not loaded");
    }
    let page = content_of("/docs/");
    for inside in ["<style", "style=", "<script>", "onclick", "onload", "javascript:"] {
        assert!(!page.contains(inside), "the policy would not let {inside} work");
    }
}

#[test]
fn the_scripts_find_the_elements_that_they_look_for() {
    let ids = attributes("id");
    for wanted in content_of("/docs/app.js").split("byId(\"").skip(1) {
        let id = wanted.split('"').next().unwrap();
        assert!(ids.contains(&id), "no element is called {id}");
    }
}

#[test]
fn scripts_never_read_text_as_html() {
    for path in ["/docs/app.js", "/docs/example.js"] {
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
            assert!(!content_of(path).contains(way), "{path} has {way}");
        }
    }
}

#[test]
fn the_policy_allows_this_server_only() {
    let policy = POLICY;
    let policy = policy.to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; "));
    for directive in policy.split("; ") {
        let sources: Vec<_> = directive.split(' ').skip(1).collect();
        assert!(sources.iter().all(|source| ["'none'", "'self'", "data:"].contains(source)), "{directive}");
    }
}
