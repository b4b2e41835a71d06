//! Function lengths in Python text, by indentation.

#[cfg(test)]
mod tests;

use crate::rust::Function;

/// All functions, nested ones included. A function reaches from its `def` to its last line that is
/// indented further; trailing blank lines do not count.
pub fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let in_string = lines_in_strings(&lines);
    (0..lines.len())
        .filter(|at| !in_string[*at])
        .filter_map(|at| function_at(&lines, &in_string, at))
        .collect()
}

fn function_at(lines: &[&str], in_string: &[bool], at: usize) -> Option<Function> {
    let trimmed = lines[at].trim_start();
    let rest = trimmed.strip_prefix("async ").unwrap_or(trimmed).strip_prefix("def ")?;
    let name = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let indent = indent_of(lines[at]);
    let mut last = signature_end(lines, at);
    for next in last + 1..lines.len() {
        let is_blank = lines[next].trim().is_empty();
        if !is_blank && !in_string[next] && indent_of(lines[next]) <= indent {
            break;
        }
        if !is_blank {
            last = next;
        }
    }
    Some(Function { name, line: at + 1, lines: last - at + 1 })
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The line that ends the signature: its closing bracket may stand at the indentation of `def`.
fn signature_end(lines: &[&str], at: usize) -> usize {
    let mut depth = 0_i32;
    for (offset, line) in lines[at..].iter().enumerate() {
        for byte in line.bytes() {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth -= 1,
                _ => {}
            }
        }
        if depth <= 0 {
            return at + offset;
        }
    }
    lines.len() - 1
}

/// For each line, whether it begins inside a triple-quoted string.
fn lines_in_strings(lines: &[&str]) -> Vec<bool> {
    let mut quote: Option<&str> = None;
    lines
        .iter()
        .map(|line| {
            let begins_inside = quote.is_some();
            let mut rest = *line;
            loop {
                let next = ["\"\"\"", "'''"]
                    .into_iter()
                    .filter(|mark| quote.is_none_or(|open| open == *mark))
                    .filter_map(|mark| rest.find(mark).map(|found| (found, mark)))
                    .min();
                let Some((found, mark)) = next else { break };
                quote = if quote.is_some() { None } else { Some(mark) };
                rest = &rest[found + 3..];
            }
            begins_inside
        })
        .collect()
}
