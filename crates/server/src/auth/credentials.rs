//! Users, tokens and roles in force: read from what the options name, replaced as a whole.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    expiry::Expiry,
    file_error::FileError,
    htpasswd::Passwords,
    identity::{Area, Identity, User},
    lines,
    policy::Policy,
    settings::{AuthSettings, Method, TextSource},
    token::{FingerprintKey, TokenHash, TokenOwner, Tokens},
    users_file::UsersFile,
};
use crate::limits::OwnLimits;

/// Larger files are not lists of users.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// Whose a single static token is, as in Chroma.
const TOKEN_USER: &str = "anonymous";

/// Everything that decides who somebody is.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) proof: Proof,
    /// What the person who starts the server should know.
    pub(crate) notices: Vec<String>,
}

/// What a credential is checked against.
#[derive(Debug)]
pub(crate) enum Proof {
    /// Nothing: everybody is the same.
    None,
    Passwords {
        passwords: Passwords,
        users: HashMap<String, PasswordUser>,
    },
    Tokens(Tokens),
}

/// A user who has a password.
#[derive(Clone, Debug)]
pub(crate) struct PasswordUser {
    pub(crate) identity: Identity,
    pub(crate) expires: Option<Expiry>,
}

impl Credentials {
    /// Reads all that `settings` name.
    ///
    /// # Errors
    /// A sentence for the person who starts the server, with file and line; never a secret.
    pub(crate) fn load(settings: &AuthSettings, key: FingerprintKey) -> Result<Self, String> {
        check_consistency(settings)?;
        if settings.method == Method::Off {
            return Ok(Self { proof: Proof::None, notices: Vec::new() });
        }
        let roles = if settings.has_roles { Some(Roles::load(&settings.roles)?) } else { None };
        let (place, text) = read(&settings.credentials)?;
        let loaded = match settings.method {
            Method::Basic => of_passwords(&text, roles),
            _ => of_tokens(&text, roles, key),
        };
        loaded.map_err(|error| error.within(&place))
    }

    /// Number of users or tokens.
    pub(crate) fn len(&self) -> usize {
        match &self.proof {
            Proof::None => 0,
            Proof::Passwords { users, .. } => users.len(),
            Proof::Tokens(tokens) => tokens.len(),
        }
    }
}

/// The files that `settings` name.
pub(crate) fn files(settings: &AuthSettings) -> Vec<PathBuf> {
    let sources = [&settings.credentials, &settings.roles];
    sources.into_iter().filter_map(|source| source.file.as_deref()).map(without_remark).collect()
}

/// Settings that only make sense together. Each mistake here would leave a door open.
fn check_consistency(settings: &AuthSettings) -> Result<(), String> {
    let AuthSettings { method, credentials, has_roles, roles, is_required, .. } = settings;
    let TextSource { inline_option, file_option, .. } = credentials;
    if *method == Method::Off {
        if *is_required {
            return Err("require-auth is set, but auth is off; set auth to basic or token".to_owned());
        }
        if credentials.is_given() {
            return Err(format!(
                "{inline_option} or {file_option} is set, but auth is off, so everybody could do everything; set \
                 auth (HUEDB_AUTH, CHROMA_SERVER_AUTHN_PROVIDER) to basic or token"
            ));
        }
        if *has_roles || roles.is_given() {
            return Err(
                "roles are set, but auth is off, so everybody could do everything; set auth (HUEDB_AUTH, \
                        CHROMA_SERVER_AUTHN_PROVIDER) to basic or token"
                    .to_owned(),
            );
        }
        return Ok(());
    }
    if !has_roles && roles.is_given() {
        return Err(format!(
            "{} or {} is set, but authz is off, so roles would not be looked at; set authz (HUEDB_AUTHZ, \
             CHROMA_SERVER_AUTHZ_PROVIDER) to roles",
            roles.inline_option, roles.file_option
        ));
    }
    Ok(())
}

/// Reads the one of the two that is given; with it, how to call it in a message.
fn read(source: &TextSource) -> Result<(String, Zeroizing<String>), String> {
    let TextSource { inline, file, inline_option, file_option } = source;
    match (inline.is_empty(), file) {
        (false, Some(_)) => Err(format!("{inline_option} and {file_option} are both set; keep one of them")),
        (true, None) => {
            Err(format!("neither {inline_option} nor {file_option} is set, so nobody could log in"))
        }
        (false, None) => Ok(((*inline_option).to_owned(), Zeroizing::new(inline.expose().to_owned()))),
        (true, Some(file)) => {
            let file = without_remark(file);
            let place = file.display().to_string();
            let bytes = read_file(&file).map_err(|reason| format!("cannot read {place}: {reason}"))?;
            let text = text_of(&bytes).map_err(|error| error.within(&place))?;
            Ok((place, text))
        }
    }
}

fn read_file(file: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let metadata = fs::metadata(file).map_err(|error| error.to_string())?;
    if metadata.is_dir() {
        // Docker makes one in place of a file that is missing on the host.
        return Err("it is a directory".to_owned());
    }
    if metadata.len() > FILE_BYTES_MAX {
        return Err("it is larger than 8 MiB".to_owned());
    }
    fs::read(file).map(Zeroizing::new).map_err(|error| error.to_string())
}

fn text_of(bytes: &[u8]) -> Result<Zeroizing<String>, FileError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => {
            let lines = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n');
            Err(FileError::at(lines.count(), "not text in UTF-8"))
        }
    }
}

/// The path without a remark after it: Docker's `--env-file` keeps `# ...` as a part of the value, and
/// Chroma's own page shows such a line.
fn without_remark(file: &Path) -> PathBuf {
    let Some((path, _)) = file.to_str().and_then(|text| text.split_once(" #")) else {
        return file.to_owned();
    };
    if file.exists() { file.to_owned() } else { PathBuf::from(path.trim_end()) }
}

pub(super) struct Roles {
    pub(super) policy: Policy,
    expiries: HashMap<String, Expiry>,
}

impl Roles {
    fn load(source: &TextSource) -> Result<Self, String> {
        let (place, text) = read(source)?;
        Self::parse(&text).map_err(|error| error.within(&place))
    }

    pub(super) fn parse(text: &str) -> Result<Self, FileError> {
        let file = UsersFile::parse(text)?;
        let policy = Policy::of_roles(&file, text)?;
        let expiries =
            file.users.iter().filter_map(|user| Some((user.id.0.clone(), user.expires?.0))).collect();
        Ok(Self { policy, expiries })
    }

    pub(super) fn identity(&self, user: &str) -> Identity {
        self.policy.users.get(user).cloned().unwrap_or_else(|| Identity::powerless(user))
    }
}

pub(super) fn of_passwords(text: &str, roles: Option<Roles>) -> Result<Credentials, FileError> {
    let passwords = Passwords::parse(text)?;
    let mut notices = Vec::new();
    let users = passwords.users().map(|name| {
        let user = match &roles {
            None => PasswordUser { identity: Identity::unbounded(name), expires: None },
            Some(roles) => {
                if !roles.policy.users.contains_key(name) {
                    notices.push(format!("user `{name}` has a password and no role, and so may do nothing"));
                }
                PasswordUser { identity: roles.identity(name), expires: roles.expiries.get(name).copied() }
            }
        };
        (name.to_owned(), user)
    });
    let users = users.collect();
    notices.extend(roles.into_iter().flat_map(|roles| roles.policy.notices));
    Ok(Credentials { proof: Proof::Passwords { passwords, users }, notices })
}

pub(super) fn of_tokens(
    text: &str,
    roles: Option<Roles>,
    key: FingerprintKey,
) -> Result<Credentials, FileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let (first, second) = (lines.next(), lines.next());
    let Some((line, number)) = first else {
        return Err(FileError::new("there is no token, so nobody could log in"));
    };
    if second.is_some() {
        return of_users(text, roles, key);
    }
    let mut tokens = Tokens::new(key);
    let hash = TokenHash::parse(line.trim())
        .map_err(|reason| FileError::at(number, format!("the token {reason}")))?;
    let identity = match &roles {
        None => Identity::unbounded(TOKEN_USER),
        Some(roles) => roles.identity(TOKEN_USER),
    };
    let mut notices = Vec::new();
    if !identity.is_powerful() {
        notices.push(format!(
            "the token is that of the user `{TOKEN_USER}`, who has no role and so may do nothing"
        ));
    }
    // The first token of a table cannot be there already.
    let _ = tokens.add(hash, TokenOwner { identity, expires: None });
    notices.extend(roles.into_iter().flat_map(|roles| roles.policy.notices));
    Ok(Credentials { proof: Proof::Tokens(tokens), notices })
}

fn of_users(text: &str, roles: Option<Roles>, key: FingerprintKey) -> Result<Credentials, FileError> {
    let file = UsersFile::parse(text)?;
    let own = Policy::without_roles(&file, text)?;
    let mut notices = Vec::new();
    let mut tokens = Tokens::new(key);
    for entry in &file.users {
        let name = &entry.id.0;
        let failed = |reason: String| FileError { line: lines::of_user(text, name, 0), reason };
        if entry.tokens.0.is_empty() {
            return Err(failed(format!("user `{name}` has no `tokens`")));
        }
        let listed = own.users.get(name).cloned().unwrap_or_else(|| Identity::powerless(name));
        let identity = match &roles {
            None => listed,
            Some(roles) => {
                if !roles.policy.users.contains_key(name) {
                    notices.push(format!("user `{name}` has tokens and no role, and so may do nothing"));
                }
                bounded(&roles.identity(name), listed.user()).map_err(failed)?
            }
        };
        let of_role = roles.as_ref().and_then(|roles| roles.expiries.get(name).copied());
        for token in &entry.tokens.0 {
            let ends = [entry.expires.map(|date| date.0), token.expires.map(|date| date.0), of_role];
            let owner = TokenOwner { identity: identity.clone(), expires: ends.into_iter().flatten().min() };
            match tokens.add(token.hash, owner) {
                // Twice in the list of one user changes nothing, and Chroma takes it.
                Err(earlier) if earlier.user_id() != name => {
                    let earlier = earlier.user_id();
                    return Err(failed(format!("a token of user `{name}` is one of user `{earlier}` too")));
                }
                _ => {}
            }
        }
    }
    if tokens.len() == 0 {
        return Err(FileError::new("there are no `users` with `tokens`, so nobody could log in"));
    }
    notices.extend(match roles {
        Some(roles) => roles.policy.notices,
        None => own.notices,
    });
    Ok(Credentials { proof: Proof::Tokens(tokens), notices })
}

/// What the roles allow a user, within the tenant and databases that the file of tokens names.
fn bounded(of_roles: &Identity, listed: &User) -> Result<Identity, String> {
    let mut user = of_roles.user().clone();
    if user.bound == Area::EVERYTHING {
        user.bound = listed.bound.clone();
    } else if listed.bound != Area::EVERYTHING && listed.bound != user.bound {
        let id = &user.id;
        return Err(format!("user `{id}` has another tenant, databases or collections in the file of roles"));
    }
    let has_limits = |user: &User| user.limits != OwnLimits::default();
    if has_limits(listed) && has_limits(&user) && listed.limits != user.limits {
        return Err(format!("user `{}` has other limits in the file of roles", user.id));
    }
    user.limits = listed.limits.or(user.limits);
    if listed.is_read_only() {
        user.read_only();
    }
    Ok(Identity::new(user))
}

#[cfg(test)]
mod tests;
