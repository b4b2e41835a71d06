use super::*;

#[track_caller]
fn check_code(text: &str, expected: &str) {
    assert_eq!(code_only(text), expected, "text=`{text}`");
}

#[track_caller]
fn check_functions(text: &str, expected: &[(&str, usize, usize)]) {
    let found = functions(&code_only(text));
    let found: Vec<_> =
        found.iter().map(|function| (function.name.as_str(), function.line, function.lines)).collect();
    assert_eq!(found, expected, "text=`{text}`");
}

#[test]
fn comments_and_literals_become_spaces_of_the_same_length() {
    check_code("a // b\nc", "a     \nc");
    check_code("a /* b /* c */ d */ e", "a                   e");
    check_code("f(\"{\\\"\", x)", "f(     , x)");
    check_code("r#\"a\"b\"# + b'}' + 'x'", "         +      +    ");
    check_code("let s = \"a\nb\";", "let s =   \n  ;");
}

#[test]
fn a_lifetime_is_not_a_character() {
    check_code("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
    check_code("x('\\'', 'y')", "x(    ,    )");
}

#[test]
fn the_end_of_a_word_starts_no_raw_string() {
    check_code("bar\"{\"", "bar   ");
    check_code("r#fn", "r#fn");
}

#[test]
fn a_function_reaches_to_its_closing_brace() {
    check_functions("fn a() {\n  if x { y }\n}\n", &[("a", 1, 3)]);
    check_functions("\nfn a(x: [u8; 2])\nwhere\n  T: B,\n{\n  \"}\"; '}'; // }\n}\n", &[("a", 2, 6)]);
}

#[test]
fn nested_functions_count_for_both() {
    check_functions("fn a() {\n  fn b() {\n  }\n}\n", &[("a", 1, 4), ("b", 2, 2)]);
}

#[test]
fn declarations_and_pointer_types_have_no_body() {
    check_functions("trait T { fn a(&self); }\ntype F = fn(u8) -> u8;\n", &[]);
}

#[test]
fn modules_and_macro_calls_are_found_outside_text() {
    let code = code_only("mod alpha;\n// mod beta;\nmod gamma { fn f() { dbg!(1); a != b; \"x!()\"; } }\n");
    assert_eq!(modules(&code), [("alpha".to_owned(), 1), ("gamma".to_owned(), 3)]);
    assert_eq!(macro_calls(&code), [("dbg".to_owned(), 3)]);
}
