//! The header that carries a credential, as each generation of servers read it.

use axum::http::{HeaderMap, HeaderName, header::AUTHORIZATION};
use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::{
    htpasswd::PASSWORD_BYTES_MAX,
    secret::Secret,
    settings::{Method, TokenHeader},
};
use crate::http::Generation;

pub(super) const X_CHROMA_TOKEN: HeaderName = HeaderName::from_static("x-chroma-token");

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a request brings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given<'a> {
    Nothing,
    /// Something that can never be right.
    Nonsense,
    /// A token, or user and password in base 64.
    Credential(&'a str),
}

/// Looks for the credential of `method`.
///
/// The first generation took the name of the scheme in one spelling only, and needed none before user
/// and password. The second goes by the standard.
pub(crate) fn given(method: Method, generation: Generation, headers: &HeaderMap) -> Given<'_> {
    let (name, scheme) = match method {
        Method::Off => return Given::Nothing,
        Method::Basic => (AUTHORIZATION, "Basic"),
        Method::Token(TokenHeader::Authorization) => (AUTHORIZATION, "Bearer"),
        Method::Token(TokenHeader::XChromaToken) => (X_CHROMA_TOKEN, ""),
    };
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else { return Given::Nothing };
    let Ok(text) = value.to_str() else { return Given::Nonsense };
    if text.trim().is_empty() {
        return Given::Nothing;
    }
    // Which of two would count is a matter of opinion, and proxies differ in it.
    if second.is_some() {
        return Given::Nonsense;
    }
    let credential = match (generation, method) {
        (_, Method::Token(TokenHeader::XChromaToken)) => Some(text),
        (Generation::V1, Method::Basic) => Some(text.strip_prefix("Basic ").unwrap_or(text)),
        (Generation::V1, _) => text.strip_prefix("Bearer "),
        (Generation::V2, _) => {
            let parts = text.split_once(' ');
            parts.filter(|(given, _)| given.eq_ignore_ascii_case(scheme)).map(|(_, credential)| credential)
        }
    };
    match credential.map(str::trim) {
        None | Some("") => Given::Nonsense,
        Some(credential) => Given::Credential(credential),
    }
}

/// User and password of `Basic` credentials. `None` for what can belong to nobody.
pub(crate) fn user_and_password(given: &str) -> Option<(Secret, Secret)> {
    let decoded = decoded(given)?;
    let (user, password) = decoded.split_once(':')?;
    // bcrypt stops at a zero byte and at its limit; both would let other passwords pass.
    let can_be_right = password.len() <= PASSWORD_BYTES_MAX && !password.contains('\0');
    can_be_right.then(|| (Secret::new(user.to_owned()), Secret::new(password.to_owned())))
}

/// Whether the password was refused for its length alone, which its owner should be told.
pub(crate) fn is_password_too_long(method: Method, given: &str) -> bool {
    let password_len =
        |text: Zeroizing<String>| text.split_once(':').map_or(0, |(_, password)| password.len());
    method == Method::Basic && decoded(given).map_or(0, password_len) > PASSWORD_BYTES_MAX
}

fn decoded(given: &str) -> Option<Zeroizing<String>> {
    let bytes = Zeroizing::new(BASE64.decode(given).ok()?);
    std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests;
