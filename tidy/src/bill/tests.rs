//! A bill of two packages.

use super::*;

const LOCK: &str = "\
[[package]]
name = \"a\"
version = \"0.1.0\"
dependencies = [
 \"b\",
]

[[package]]
name = \"b\"
version = \"1.2.3+x\"
source = \"registry+elsewhere\"
checksum = \"abc\"
";

fn metadata(directory: &Path) -> Value {
    json!({
        "packages": [
            { "id": "a-id", "name": "a", "version": "0.1.0", "license": "Apache-2.0", "manifest_path": "/a/Cargo.toml" },
            { "id": "b-id", "name": "b", "version": "1.2.3+x", "license": "MIT/Apache-2.0",
              "manifest_path": directory.join("Cargo.toml") },
            { "id": "t-id", "name": "test-only", "version": "1.0.0", "license": "MIT", "manifest_path": "/t/Cargo.toml" },
        ],
        "resolve": { "nodes": [
            { "id": "a-id", "dependencies": ["b-id", "t-id"] },
            { "id": "b-id", "dependencies": [] },
        ] },
    })
}

fn both() -> Vec<String> {
    vec!["a 0.1.0".to_owned(), "b 1.2.3+x".to_owned()]
}

#[test]
fn the_bill_names_version_licence_checksum_and_what_uses_what() {
    let components = components(&both(), &metadata(Path::new("/b")), LOCK).unwrap();
    let bill = bill("a", &components).unwrap();
    assert_eq!(bill["metadata"]["component"]["purl"], "pkg:cargo/a@0.1.0");
    let expected = json!([{
        "type": "library",
        "bom-ref": "pkg:cargo/b@1.2.3%2Bx",
        "name": "b",
        "version": "1.2.3+x",
        "purl": "pkg:cargo/b@1.2.3%2Bx",
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
        "hashes": [{ "alg": "SHA-256", "content": "abc" }],
    }]);
    assert_eq!(bill["components"], expected);
    assert_eq!(bill["dependencies"][0]["dependsOn"], json!(["pkg:cargo/b@1.2.3%2Bx"]));
}

#[test]
fn a_package_that_metadata_does_not_know_is_an_error() {
    let linked = vec!["c 1.0.0".to_owned()];
    assert!(components(&linked, &metadata(Path::new("/b")), LOCK).is_err());
    assert!(bill("c", &[]).is_err());
}

#[test]
fn texts_are_shown_once_for_all_packages_that_carry_them() {
    let directory = std::env::temp_dir().join(format!("huedb-bill-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("LICENSE-MIT"), "the text\r\nof it\n").unwrap();
    std::fs::write(directory.join("license.rs"), "code").unwrap();
    let component = |name: &str| Component {
        name: name.to_owned(),
        version: "1".to_owned(),
        licence: "MIT".to_owned(),
        checksum: None,
        uses: Vec::new(),
        directory: directory.display().to_string(),
    };
    let notices = notices(&[component("a"), component("b")]).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(notices.contains("a 1, b 1\n"), "notices={notices}");
    assert_eq!(notices.matches("the text\nof it").count(), 1);
    assert!(!notices.contains("code"));
}
