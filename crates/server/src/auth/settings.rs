//! What the options say about authentication, before any file is read.

use std::{path::PathBuf, time::Duration};

use super::secret::Secret;
use crate::config::Settings;

/// How callers prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// They do not: everybody may do everything.
    Off,
    /// `Authorization: Basic`, against a file of hashes.
    Basic,
    /// A token in a header.
    Token(TokenHeader),
}

impl Method {
    /// What `WWW-Authenticate` asks for.
    pub(crate) fn challenge(self) -> &'static str {
        match self {
            Self::Off | Self::Basic => "Basic realm=\"HueDB\", charset=\"UTF-8\"",
            Self::Token(TokenHeader::Authorization) => "Bearer realm=\"HueDB\"",
            Self::Token(TokenHeader::XChromaToken) => "X-Chroma-Token realm=\"HueDB\"",
        }
    }
}

/// The header that carries a token. The other one does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenHeader {
    /// `Authorization: Bearer TOKEN`
    Authorization,
    /// `X-Chroma-Token: TOKEN`
    XChromaToken,
}

/// A text that is given itself or as the file that holds it.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextSource {
    pub(crate) inline: Secret,
    pub(crate) file: Option<PathBuf>,
    /// Names of the two options, for messages.
    pub(crate) inline_option: &'static str,
    pub(crate) file_option: &'static str,
}

impl TextSource {
    pub(crate) fn is_given(&self) -> bool {
        !self.inline.is_empty() || self.file.is_some()
    }
}

/// The options.
#[derive(Clone, Debug)]
pub(crate) struct AuthSettings {
    pub(crate) method: Method,
    pub(crate) credentials: TextSource,
    /// Whether roles decide what a user may do.
    pub(crate) has_roles: bool,
    pub(crate) roles: TextSource,
    /// Whether the default tenant and database mean the user's own.
    pub(crate) defaults_are_own: bool,
    /// Whether starting without authentication is a mistake.
    pub(crate) is_required: bool,
    /// Failed attempts a minute and source; 0 is no limit.
    pub(crate) failures_max: u32,
    /// How long a verified credential is believed without verifying it again.
    pub(crate) cache_lifetime: Duration,
}

impl AuthSettings {
    pub(crate) fn of(settings: &Settings) -> Self {
        let header = match settings.auth_token_header {
            "X-Chroma-Token" => TokenHeader::XChromaToken,
            _ => TokenHeader::Authorization,
        };
        let method = match settings.auth {
            "basic" => Method::Basic,
            "token" => Method::Token(header),
            _ => Method::Off,
        };
        Self {
            method,
            credentials: TextSource {
                inline: settings.auth_credentials.clone(),
                file: settings.auth_credentials_file.clone(),
                inline_option: "auth-credentials",
                file_option: "auth-credentials-file",
            },
            has_roles: settings.authz == "roles",
            roles: TextSource {
                inline: settings.authz_config.clone(),
                file: settings.authz_config_file.clone(),
                inline_option: "authz-config",
                file_option: "authz-config-file",
            },
            defaults_are_own: settings.auth_own_defaults,
            is_required: settings.require_auth,
            failures_max: u32::try_from(settings.auth_failures_per_minute).unwrap_or(u32::MAX),
            cache_lifetime: Duration::from_secs(settings.auth_cache_seconds),
        }
    }
}
