use super::*;

fn file(path: &str, lines: usize) -> SourceFile {
    SourceFile { path: path.to_owned(), text: "x\n".repeat(lines) }
}

#[test]
fn a_file_of_the_limit_passes_and_one_line_more_does_not() {
    let sizes = file_sizes(&[file("a.rs", FILE_LINES_MAX), file("b.rs", FILE_LINES_MAX + 1)]);
    assert_eq!(above(&sizes, FILE_LINES_MAX), ["b.rs: 701 lines, at most 700 allowed"]);
}

#[test]
fn data_and_prose_have_no_limit() {
    assert_eq!(
        file_sizes(&[file("tests/data/a.py", 9000), file("README.md", 9000), file("a.json", 9000)]),
        []
    );
}

#[test]
fn the_longest_function_comes_first() {
    let rust = "fn short() {}\nfn long() {\n\n}\n".to_owned();
    let python = "def middle():\n    x\n".to_owned();
    let files = [
        SourceFile { path: "a.rs".to_owned(), text: rust },
        SourceFile { path: "b.py".to_owned(), text: python },
    ];
    let found: Vec<_> = function_sizes(&files).into_iter().map(|size| (size.lines, size.place)).collect();
    let expected = [(3, "a.rs:2 long"), (2, "b.py:1 middle"), (1, "a.rs:1 short")];
    assert_eq!(found, expected.map(|(lines, place)| (lines, place.to_owned())));
}
