//! A reader of Rust text, exact enough to find functions and modules without parsing the language.

#[cfg(test)]
mod tests;

/// A named stretch of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The function's name.
    pub name: String,
    /// Line of its `fn` keyword, from 1.
    pub line: usize,
    /// Lines from there to the closing brace, both included.
    pub lines: usize,
}

/// The same text with every comment, string and character literal replaced by spaces. Lines and
/// byte offsets stay what they were, so that a finding can be located in the original.
pub fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_or_comment_end(bytes, at);
        if end > at {
            blank(&mut code[at..end]);
            at = end;
        } else {
            at += 1;
            // A whole word at once: the `r` of `for"` starts no raw string.
            while at < bytes.len() && is_word(bytes[at - 1]) && is_word(bytes[at]) {
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&code).into_owned()
}

/// All functions that have a body, nested ones included. `code` comes from [`code_only`].
pub fn functions(code: &str) -> Vec<Function> {
    let bytes = code.as_bytes();
    words(code)
        .filter(|(_, word)| *word == "fn")
        .filter_map(|(at, _)| {
            let name_at = at + 2 + leading_spaces(&code[at + 2..]);
            let name: String =
                code[name_at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name.is_empty() {
                return None; // a function pointer type
            }
            let open = body_start(bytes, name_at)?;
            let close = matching_brace(bytes, open)?;
            let line = line_of(code, at);
            Some(Function { name, line, lines: line_of(code, close) - line + 1 })
        })
        .collect()
}

/// Names and lines of all `mod name` items. `code` comes from [`code_only`].
pub fn modules(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut previous = "";
    for (at, word) in words(code) {
        if previous == "mod" {
            found.push((word.to_owned(), line_of(code, at)));
        }
        previous = word;
    }
    found
}

/// All macro calls `name!`, with their lines. `code` comes from [`code_only`].
pub fn macro_calls(code: &str) -> Vec<(String, usize)> {
    words(code)
        .filter(|(at, word)| {
            code[at + word.len()..].starts_with('!') && !code[at + word.len()..].starts_with("!=")
        })
        .map(|(at, word)| (word.to_owned(), line_of(code, at)))
        .collect()
}

/// Line of a byte offset, from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Runs of word characters with the offset where each begins.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = code.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !is_word(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &code[start..at]))
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn leading_spaces(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// End of the comment or literal that begins at `at`, or `at` when none does.
fn literal_or_comment_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }
    if rest.starts_with(b"/*") {
        return at + block_comment_length(rest);
    }
    let prefix = rest.iter().take_while(|byte| matches!(byte, b'r' | b'b' | b'c')).count();
    let raw = rest[..prefix].contains(&b'r');
    let hashes = rest[prefix..].iter().take_while(|byte| **byte == b'#').count();
    match rest.get(prefix + hashes) {
        Some(b'"') if raw => at + raw_string_length(rest, prefix + hashes + 1, hashes),
        Some(b'"') if hashes == 0 => at + quoted_length(rest, prefix + 1, b'"'),
        Some(b'\'') if hashes == 0 && is_character(&rest[prefix..]) => {
            at + quoted_length(rest, prefix + 1, b'\'')
        }
        _ => at,
    }
}

fn block_comment_length(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn raw_string_length(rest: &[u8], content: usize, hashes: usize) -> usize {
    let mut at = content;
    while at < rest.len() {
        let closes =
            rest[at] == b'"' && rest[at + 1..].iter().take(hashes).filter(|b| **b == b'#').count() == hashes;
        at += 1;
        if closes {
            return at + hashes;
        }
    }
    rest.len()
}

fn quoted_length(rest: &[u8], content: usize, quote: u8) -> usize {
    let mut at = content;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Tells `'a'` from the lifetime `'a`.
fn is_character(rest: &[u8]) -> bool {
    match rest.get(1) {
        Some(b'\\') => true,
        Some(byte) if *byte < 0x80 => rest.get(2) == Some(&b'\''),
        Some(_) => rest[1..].iter().take(5).any(|byte| *byte == b'\''),
        None => false,
    }
}

/// Offset of the brace that opens the body of the function whose name is at `at`; none for a
/// declaration that ends in a semicolon.
fn body_start(bytes: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, byte) in bytes.iter().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(offset),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn matching_brace(bytes: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0;
    for (offset, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(offset);
        }
    }
    None
}
