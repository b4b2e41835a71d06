use super::*;

#[track_caller]
fn check_links(text: &str, expected: &[&str]) {
    let found: Vec<String> = links(text).into_iter().map(|link| link.target).collect();
    assert_eq!(found, expected, "text=`{text}`");
}

/// Checks one link in `docs/a.md`, beside `docs/b.md` with two headings and `README.md`.
#[track_caller]
fn check(target: &str, works: bool) {
    let files =
        [("docs/a.md", format!("# A\n[x]({target})")), ("docs/b.md", "# One `two`, three\n## C\n# C".into())];
    let files = files.map(|(path, text)| SourceFile { path: path.to_owned(), text });
    let paths = ["docs/a.md", "docs/b.md", "README.md", "docs/img/c.png"].map(str::to_owned);
    let problems = broken(&files, &paths);
    assert_eq!(problems.is_empty(), works, "target=`{target}`, problems={problems:?}");
}

#[test]
fn relative_links_are_found_outside_code() {
    check_links("[a](b.md) and ![c](d.png \"title\")", &["b.md", "d.png"]);
    check_links("[a]: b.md\n", &["b.md"]);
    check_links("[a](https://example.org) <https://example.org> [b](mailto:x@example.org)", &[]);
    check_links("`[a](b.md)`\n```\n[a](b.md)\n```\n[a](c.md)", &["c.md"]);
}

#[test]
fn a_link_resolves_from_its_own_file() {
    check("b.md", true);
    check("./b.md", true);
    check("../README.md", true);
    check("img/", true);
    check("..", true);
    check("README.md", false);
    check("../../README.md", false);
}

#[test]
fn a_heading_must_exist() {
    check("#a", true);
    check("b.md#one-two-three", true);
    check("b.md#c-1", true);
    check("b.md#c-2", false);
    check("#b", false);
}
