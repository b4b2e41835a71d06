//! The ways to let callers in that are measured.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::Result;

const ROLES: &str = "\
roles_mapping:
  reader:
    actions: ['tenant:get_tenant', 'db:get_database', 'db:list_collections', 'collection:get']
  writer:
    inherits: reader
    actions: ['db:count_collections', 'collection:*']
users:
  - id: anna
    role: writer
    tokens: [bench-token]
";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    None,
    Basic,
    Token,
    Roles,
}

impl Mode {
    /// The first is what the others are compared with.
    pub(crate) const ALL: [Self; 4] = [Self::None, Self::Basic, Self::Token, Self::Roles];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "basic",
            Self::Token => "token",
            Self::Roles => "token and roles",
        }
    }

    /// The server, without its `run`.
    pub(crate) fn command(self, huedb: &Path) -> Result<Command> {
        let mut command = Command::new(huedb);
        match self {
            Self::None => {}
            Self::Basic => {
                command.env("HUEDB_AUTH", "basic").env("HUEDB_AUTH_CREDENTIALS", password_line(huedb)?);
            }
            Self::Token => {
                command.env("HUEDB_AUTH", "token").env("HUEDB_AUTH_CREDENTIALS", "bench-token");
            }
            Self::Roles => {
                command
                    .env("HUEDB_AUTH", "token")
                    .env("HUEDB_AUTH_CREDENTIALS", ROLES)
                    .env("HUEDB_AUTHZ", "roles")
                    .env("HUEDB_AUTHZ_CONFIG", ROLES);
            }
        }
        Ok(command)
    }

    /// The header line of a user who is let in.
    pub(crate) fn header(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Basic => basic("admin:bench-password"),
            Self::Token | Self::Roles => "Authorization: Bearer bench-token\r\n".to_owned(),
        }
    }

    /// The header line of somebody who is not, another for each number.
    pub(crate) fn wrong_header(self, number: u64) -> String {
        match self {
            Self::Basic => basic(&format!("admin:guess-{number}")),
            _ => format!("Authorization: Bearer guess-{number}\r\n"),
        }
    }
}

/// The bytes of a request with one more header line.
pub(crate) fn get(path: &str, header: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n").into_bytes()
}

pub(super) fn basic(credentials: &str) -> String {
    format!("Authorization: Basic {}\r\n", BASE64.encode(credentials))
}

/// A line of a password file, with the cost that `HueDB` chooses.
fn password_line(huedb: &Path) -> Result<String> {
    let mut child = Command::new(huedb)
        .args(["user", "hash", "admin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", huedb.display()))?;
    // The pipe is closed at the end of the statement.
    child.stdin.take().ok_or("no pipe")?.write_all(b"bench-password")?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err("`huedb user hash` failed".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
