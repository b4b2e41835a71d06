//! Files of `user:hash` lines, as `htpasswd -B` writes them.

use std::collections::HashMap;

use super::file_error::FileError;
use crate::telemetry::metrics::Counter;

/// Most bytes of a password that bcrypt looks at. Longer ones would pass with any ending.
pub(crate) const PASSWORD_BYTES_MAX: usize = 72;

/// Costs that a hash may have. One step doubles the time; at 16 a check takes several seconds.
pub(crate) const COSTS: std::ops::RangeInclusive<u32> = 4..=16;

/// More users than that belong into another system.
const USERS_MAX: usize = 100_000;

/// A bcrypt hash of the form `$2b$10$` and 53 characters.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(Box<str>);

impl PasswordHash {
    /// Whether `password` is the one. Takes as long as the hash's cost says, and is counted in `checks`.
    pub(crate) fn matches(&self, password: &str, checks: &Counter) -> bool {
        checks.add(1);
        bcrypt::verify(password, &self.0).unwrap_or(false)
    }

    /// The cost that it says it has.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn cost(&self) -> u32 {
        self.0.split('$').nth(2).and_then(|cost| cost.parse().ok()).unwrap_or_default()
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(...)")
    }
}

/// The line of a file for `user`, as `htpasswd -Bbn` would print it.
///
/// # Errors
/// Why no file may have such a line.
pub(crate) fn line_for(user: &str, password: &str, cost: u32) -> Result<String, String> {
    if user.contains(':') {
        return Err("the name of a user cannot contain a colon".to_owned());
    }
    if user.trim() != user || user.starts_with('#') {
        return Err("the name of a user cannot begin with `#`, nor begin or end with a space".to_owned());
    }
    if password.is_empty() || password.contains('\0') {
        return Err("the password is empty or has a zero byte".to_owned());
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(format!(
            "the password has {} bytes; bcrypt looks at {PASSWORD_BYTES_MAX} only, so longer ones are refused",
            password.len()
        ));
    }
    let hash = bcrypt::hash_with_result(password, cost).map_err(|error| error.to_string())?;
    let line = format!("{user}:{}", hash.format_for_version(bcrypt::Version::TwoY));
    parse_line(&line).map(|_| line.clone())
}

/// Users with the hashes of their passwords.
#[derive(Debug)]
pub(crate) struct Passwords {
    hashes: HashMap<String, PasswordHash>,
    /// In no particular order, to have one to check for a user who does not exist.
    any: Vec<PasswordHash>,
}

impl Passwords {
    /// # Errors
    /// [`FileError`] with the line that is not `user:hash`, or names a user for the second time.
    pub(crate) fn parse(text: &str) -> Result<Self, FileError> {
        let mut lines: HashMap<&str, usize> = HashMap::new();
        let mut hashes = HashMap::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let (number, line) = (index + 1, line.trim());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (user, hash) = parse_line(line).map_err(|reason| FileError::at(number, reason))?;
            if let Some(first) = lines.insert(user, number) {
                let reason = format!("user `{user}` is on line {first} already");
                return Err(FileError::at(number, reason));
            }
            if hashes.len() == USERS_MAX {
                return Err(FileError::at(number, format!("more than {USERS_MAX} users")));
            }
            hashes.insert(user.to_owned(), hash);
        }
        if hashes.is_empty() {
            return Err(FileError::new("there is no `user:hash` line, so nobody could log in"));
        }
        let any = hashes.values().cloned().collect();
        Ok(Self { hashes, any })
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &str> {
        self.hashes.keys().map(String::as_str)
    }

    /// The hash to check for `user`, and whether it is that user's. A stranger gets the hash of
    /// somebody, chosen by `seed`, so that the check takes the same time.
    pub(crate) fn hash_of(&self, user: &str, seed: u64) -> (PasswordHash, bool) {
        match self.hashes.get(user) {
            Some(hash) => (hash.clone(), true),
            None => (self.any[(seed % self.any.len() as u64) as usize].clone(), false),
        }
    }
}

fn parse_line(line: &str) -> Result<(&str, PasswordHash), String> {
    let (user, hash) =
        line.split_once(':').ok_or("not of the form `user:hash`; make a line with `huedb user hash`")?;
    if user.is_empty() || user.chars().any(char::is_control) {
        return Err("the name of the user is empty or has control characters".to_owned());
    }
    Ok((user, check_hash(hash)?))
}

fn check_hash(hash: &str) -> Result<PasswordHash, String> {
    if hash.starts_with("$$2") {
        return Err(
            "every `$` of the hash is doubled, as compose files want it and other files do not".to_owned()
        );
    }
    let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|version| hash.strip_prefix(version));
    let parts = rest.and_then(|rest| rest.split_once('$'));
    let Some((cost, text)) = parts else {
        return Err(
            "the hash is not a bcrypt hash (`$2y$...`); make one with `htpasswd -B` or `huedb user hash`"
                .to_owned(),
        );
    };
    let is_text =
        text.len() == 53 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(&byte));
    if !is_text {
        return Err("the bcrypt hash is cut off or has something after it".to_owned());
    }
    match cost.parse() {
        Ok(cost) if COSTS.contains(&cost) => Ok(PasswordHash(hash.into())),
        _ => Err(format!("the cost of the bcrypt hash is not from {} to {}", COSTS.start(), COSTS.end())),
    }
}

#[cfg(test)]
mod tests;
