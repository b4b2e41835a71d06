//! The YAML file of users and roles: the form of Chroma's `authz.yaml` and what HueDB adds to it.
//!
//! This module knows the form alone; `policy` knows what it means. Tokens leave it as hashes.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer as _},
};

use super::{expiry::Expiry, file_error::FileError, token::TokenHash};
use crate::{config::value, limits::OwnLimits};

/// Larger files are not lists of users.
const FILE_BYTES_MAX: usize = 8 << 20;

/// A whole file. Keys on the top level that are not here are left alone, as in Chroma.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a mapping with `users`")]
pub(crate) struct UsersFile {
    #[serde(default)]
    pub(crate) users: Vec<UserEntry>,
    #[serde(default)]
    pub(crate) roles_mapping: BTreeMap<String, RoleEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a user with an `id`")]
pub(crate) struct UserEntry {
    pub(crate) id: Text,
    #[serde(default, alias = "roles")]
    pub(crate) role: OneOrMany<RoleReference>,
    #[serde(default)]
    pub(crate) tokens: OneOrMany<TokenEntry>,
    #[serde(default)]
    pub(crate) expires: Option<Date>,
    #[serde(default)]
    pub(crate) tenant: Option<Text>,
    #[serde(default)]
    pub(crate) databases: Option<OneOrMany<Text>>,
    #[serde(default)]
    pub(crate) collections: Option<OneOrMany<Text>>,
    #[serde(default)]
    pub(crate) read_only: bool,
    #[serde(default)]
    pub(crate) limits: Limits,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a role with `actions`")]
pub(crate) struct RoleEntry {
    #[serde(default)]
    pub(crate) actions: OneOrMany<Text>,
    #[serde(default)]
    pub(crate) inherits: OneOrMany<Text>,
    #[serde(default)]
    pub(crate) tenant: Option<Text>,
    #[serde(default)]
    pub(crate) databases: Option<OneOrMany<Text>>,
    /// Chroma's examples call it `resources` and say that it will mean this one day.
    #[serde(default, alias = "resources")]
    pub(crate) collections: Option<OneOrMany<Text>>,
    #[serde(default)]
    pub(crate) read_only: bool,
    #[serde(default)]
    pub(crate) limits: Limits,
}

/// A role that a user has, everywhere or in a part of the data.
#[derive(Debug)]
pub(crate) struct RoleReference {
    pub(crate) role: String,
    pub(crate) tenant: Option<Text>,
    pub(crate) databases: Option<OneOrMany<Text>>,
    pub(crate) collections: Option<OneOrMany<Text>>,
    pub(crate) read_only: bool,
}

/// A token, as its hash.
#[derive(Debug)]
pub(crate) struct TokenEntry {
    pub(crate) hash: TokenHash,
    pub(crate) expires: Option<Date>,
}

impl UsersFile {
    /// # Errors
    /// [`FileError`] with the line where the form is broken.
    pub(crate) fn parse(text: &str) -> Result<Self, FileError> {
        if text.len() > FILE_BYTES_MAX {
            return Err(FileError::new("larger than 8 MiB"));
        }
        serde_yaml_ng::from_str(text).map_err(|error| FileError {
            // Where something is missing at the end, the parser names the line after the last.
            line: error.location().map(|location| location.line().min(line_count(text))),
            reason: without_quotations(&error.to_string()),
        })
    }
}

/// Lines as YAML knows them; an empty one after the last break counts too.
pub(super) fn line_count(text: &str) -> usize {
    text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count()
}

/// The parser quotes values that it did not expect; one of them may be a token in the wrong place. Text
/// stands between quotation marks, numbers between backticks, as names do that may be seen.
fn without_quotations(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    let mut text = String::new();
    let mut end = None;
    let mut is_escaped = false;
    for c in message.chars() {
        match end {
            None => {
                let is_number = text.ends_with("integer ") || text.ends_with("floating point ");
                end = (c == '"' || c == '`' && is_number).then_some(c);
                text.push(c);
                text.push_str(if end.is_some() { "..." } else { "" });
            }
            Some(_) if is_escaped => is_escaped = false,
            Some('"') if c == '\\' => is_escaped = true,
            Some(mark) if c == mark => {
                end = None;
                text.push(c);
            }
            Some(_) => {}
        }
    }
    text
}

/// A plain value as it is written, whatever YAML takes it for: `123` and `yes` are names too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

/// Reads a plain value with `of_text`, whose refusal then knows the line.
fn plain_value<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    of_text: impl Fn(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    struct Visitor<F>(F);
    impl<T, F: Fn(&str) -> Result<T, String>> de::Visitor<'_> for Visitor<F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a plain value")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            self.0(text).map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Visitor(of_text))
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        plain_value(deserializer, |text| {
            if text.is_empty() || text.chars().any(char::is_control) {
                return Err("a name is empty or has control characters".to_owned());
            }
            Ok(Self(text.to_owned()))
        })
    }
}

/// A date as [`Expiry::parse`] reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date(pub(crate) Expiry);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        plain_value(deserializer, |text| Expiry::parse(text).map(Self))
    }
}

/// Limits in place of those of the options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits(pub(crate) OwnLimits);

impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, expecting = "a mapping of limits")]
        struct Mapping {
            #[serde(default)]
            requests_per_second: Option<Rate>,
            #[serde(default)]
            queries: Option<Rate>,
            #[serde(default)]
            records: Option<Records>,
            #[serde(default)]
            bytes: Option<Bytes>,
        }
        let Mapping { requests_per_second, queries, records, bytes } = Mapping::deserialize(deserializer)?;
        Ok(Self(OwnLimits {
            requests_per_second: requests_per_second.map(|Rate(limit)| limit),
            queries: queries.map(|Rate(limit)| limit),
            records: records.map(|Records(limit)| limit),
            bytes: bytes.map(|Bytes(limit)| limit),
        }))
    }
}

/// A number that is read by the rule of the option for the same limit.
macro_rules! limit {
    ($name:ident, $kind:expr) => {
        struct $name(u64);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                plain_value(deserializer, |text| {
                    $kind(text).map(Self).map_err(|reason: String| format!("a limit {reason}"))
                })
            }
        }
    };
}

limit!(Rate, |text| value::parse_count(text, 0, value::RATE_MAX));
limit!(Records, |text| value::parse_count(text, 0, value::RECORDS_MAX));
limit!(Bytes, |text| value::parse_bytes(text, 0, value::TENANT_BYTES_MAX));

/// Where a value may be more than text, YAML has read `0x10` and `1e3` as numbers before anybody asks for
/// the text, so that it is lost.
macro_rules! refuse_numbers {
    () => {
        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Err(E::custom(QUOTES_MISSING))
        }

        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Err(E::custom(QUOTES_MISSING))
        }

        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Err(E::custom(QUOTES_MISSING))
        }

        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Err(E::custom(QUOTES_MISSING))
        }
    };
}

const QUOTES_MISSING: &str = "a value that YAML reads as a number or a truth value needs quotes";

/// A list, or one value in place of a list with only that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a list of them")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(OneOrMany::default())
            }

            refuse_numbers!();

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(text.into_deserializer()).map(|one| OneOrMany(vec![one]))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut many = Vec::new();
                while let Some(one) = list.next_element()? {
                    many.push(one);
                }
                Ok(OneOrMany(many))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }
        }
        deserializer.deserialize_any(Visitor(std::marker::PhantomData))
    }
}

/// The long form of a role that a user has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "the name of a role, or a mapping with `role`")]
struct RoleMapping {
    role: Text,
    #[serde(default)]
    tenant: Option<Text>,
    #[serde(default)]
    databases: Option<OneOrMany<Text>>,
    #[serde(default)]
    collections: Option<OneOrMany<Text>>,
    #[serde(default)]
    read_only: bool,
}

impl<'de> Deserialize<'de> for RoleReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mapping = text_or_mapping(deserializer, |text| {
            Ok(RoleMapping {
                role: Text(text.to_owned()),
                tenant: None,
                databases: None,
                collections: None,
                read_only: false,
            })
        })?;
        let RoleMapping { role: Text(role), tenant, databases, collections, read_only } = mapping;
        Ok(Self { role, tenant, databases, collections, read_only })
    }
}

/// The long form of a token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a token, or a mapping with `token` or `sha256`")]
struct TokenMapping {
    #[serde(default)]
    token: Option<TokenText>,
    #[serde(default)]
    sha256: Option<Digits>,
    #[serde(default)]
    expires: Option<Date>,
    /// Stands in Chroma's examples and was never looked at.
    #[serde(default, rename = "secret")]
    _secret: Option<de::IgnoredAny>,
}

impl<'de> Deserialize<'de> for TokenEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mapping = text_or_mapping(deserializer, |text| {
            let token = TokenHash::parse(text).map_err(|reason| format!("the token {reason}"))?;
            Ok(TokenMapping { token: Some(TokenText(token)), sha256: None, expires: None, _secret: None })
        })?;
        let ((Some(TokenText(hash)), None) | (None, Some(Digits(hash)))) = (mapping.token, mapping.sha256)
        else {
            return Err(de::Error::custom("a token has either `token` or `sha256`"));
        };
        Ok(Self { hash, expires: mapping.expires })
    }
}

struct TokenText(TokenHash);

impl<'de> Deserialize<'de> for TokenText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        plain_value(deserializer, |text| {
            TokenHash::parse(text).map(Self).map_err(|reason| format!("the token {reason}"))
        })
    }
}

struct Digits(TokenHash);

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        plain_value(deserializer, |text| {
            TokenHash::of_digits(text)
                .map(Self)
                .ok_or_else(|| "`sha256` is not 64 hexadecimal digits".to_owned())
        })
    }
}

/// Reads a plain value by `of_text`, a mapping as it is.
fn text_or_mapping<'de, D, T>(
    deserializer: D,
    of_text: impl Fn(&str) -> Result<T, String>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Visitor<T, F>(F, std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>, F: Fn(&str) -> Result<T, String>> de::Visitor<'de> for Visitor<T, F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a plain value or a mapping")
        }

        refuse_numbers!();

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            self.0(text).map_err(E::custom)
        }

        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(de::value::MapAccessDeserializer::new(map))
        }
    }
    deserializer.deserialize_any(Visitor(of_text, std::marker::PhantomData))
}

#[cfg(test)]
mod tests;
