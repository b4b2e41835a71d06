//! Licence expressions of packages, in the SPDX notation.

#[cfg(test)]
mod tests;

/// Licences that ask for no more than a notice. Copyleft ones, file-level ones too, are left out:
/// adding one is a decision.
pub const ALLOWED: [&str; 11] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// Whether the expression can be met with allowed licences only. What cannot be read is not allowed.
pub fn is_allowed(expression: &str) -> bool {
    // Before SPDX expressions, crates.io wrote `/` for `OR`.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = tokens.as_slice();
    let allowed = any_of(&mut rest);
    allowed == Some(true) && rest.is_empty()
}

/// `all_of {OR all_of}`; none when the text is not an expression.
fn any_of(rest: &mut &[&str]) -> Option<bool> {
    let mut allowed = all_of(rest)?;
    while take(rest, "OR") {
        allowed |= all_of(rest)?;
    }
    Some(allowed)
}

/// `term {AND term}`.
fn all_of(rest: &mut &[&str]) -> Option<bool> {
    let mut allowed = term(rest)?;
    while take(rest, "AND") {
        allowed &= term(rest)?;
    }
    Some(allowed)
}

/// A licence, a licence with an exception, or an expression in parentheses.
fn term(rest: &mut &[&str]) -> Option<bool> {
    if take(rest, "(") {
        let allowed = any_of(rest)?;
        return take(rest, ")").then_some(allowed);
    }
    let (licence, tail) = rest.split_first()?;
    if matches!(*licence, ")" | "OR" | "AND" | "WITH") {
        return None;
    }
    *rest = tail;
    let mut name = (*licence).to_owned();
    if take(rest, "WITH") {
        let (exception, tail) = rest.split_first()?;
        *rest = tail;
        name = format!("{name} WITH {exception}");
    }
    Some(ALLOWED.contains(&name.as_str()))
}

fn take(rest: &mut &[&str], token: &str) -> bool {
    let found = rest.first() == Some(&token);
    if found {
        *rest = &rest[1..];
    }
    found
}
