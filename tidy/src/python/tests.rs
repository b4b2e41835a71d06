use super::*;

#[track_caller]
fn check(text: &str, expected: &[(&str, usize, usize)]) {
    let found = functions(text);
    let found: Vec<_> =
        found.iter().map(|function| (function.name.as_str(), function.line, function.lines)).collect();
    assert_eq!(found, expected, "text=`{text}`");
}

#[test]
fn a_function_ends_where_the_indentation_does() {
    check("def a():\n    x\n\n    y\n\n\nz = 1\n", &[("a", 1, 4)]);
    check("class A:\n    async def b(self):\n        x\n    c = 1\n", &[("b", 2, 2)]);
}

#[test]
fn a_signature_may_take_several_lines() {
    check("def a(\n    x,\n) -> int:\n    return x\nb = 1\n", &[("a", 1, 4)]);
}

#[test]
fn text_in_a_long_string_ends_no_function() {
    check("def a():\n    x = \"\"\"\ndef b():\n\"\"\"\n    y\n", &[("a", 1, 5)]);
}
