//! Lines of the file of users, for messages: whoever reads YAML does not tell where a value stood, so that
//! they are looked for. What is written in an unusual way is not found, which costs the message its line.

/// What may stand before a key or a name.
const BEFORE: [char; 7] = [' ', '\t', '-', '{', ',', '"', '\''];

/// What may stand after a name.
const AFTER: [char; 6] = [' ', '\t', ',', '}', '"', '\''];

const QUOTES: [char; 2] = ['"', '\''];

/// The line with `id: NAME`, after skipping as many others of the same name.
pub(super) fn of_user(text: &str, name: &str, skipped: usize) -> Option<usize> {
    let is_id = |line: &str| keys(line, "id").any(|value| is_name(value, name));
    text.lines().zip(1..).filter(|(line, _)| is_id(line)).nth(skipped).map(|(_, number)| number)
}

/// The line with `NAME:` below `roles_mapping`.
pub(super) fn of_role(text: &str, name: &str) -> Option<usize> {
    let mut below =
        text.lines().zip(1..).skip_while(|(line, _)| keys(line, "roles_mapping").next().is_none());
    below.find(|(line, _)| keys(line, name).next().is_some()).map(|(_, number)| number)
}

/// What stands after `key:` wherever that is on the line.
fn keys<'a>(line: &'a str, key: &str) -> impl Iterator<Item = &'a str> {
    let length = key.len();
    line.match_indices(key).filter_map(move |(at, _)| {
        let begins = line[..at].chars().next_back().is_none_or(|before| BEFORE.contains(&before));
        let rest = line[at + length..].trim_start_matches(QUOTES).trim_start();
        rest.strip_prefix(':').filter(|_| begins)
    })
}

fn is_name(value: &str, name: &str) -> bool {
    let value = value.trim_start().trim_start_matches(QUOTES);
    let rest = value.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(AFTER))
}

#[cfg(test)]
mod tests;
