//! Tokens: read from text, kept only as SHA-256, found without telling anything by the time it takes.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{expiry::Expiry, identity::Identity};

/// What stands before a hash that is given in place of a token.
const HASHED: &str = "sha256:";

/// Longer ones could not be sent in a header.
const TOKEN_BYTES_MAX: usize = 4096;

/// SHA-256 of a token.
#[derive(Clone, Copy)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hash of the token itself.
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Reads a token, or `sha256:` and the hash of one in hexadecimal digits.
    ///
    /// # Errors
    /// A phrase that follows "the token ".
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(digits) = text.strip_prefix(HASHED) {
            return Self::of_digits(digits)
                .ok_or("begins with `sha256:` and goes on with something other than 64 hexadecimal digits");
        }
        if text.is_empty() {
            return Err("is empty");
        }
        if text.len() > TOKEN_BYTES_MAX {
            return Err("is longer than 4096 characters");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("must contain only ASCII letters, digits, and punctuation");
        }
        Ok(Self::of(text))
    }

    /// Reads the hash in hexadecimal digits.
    pub(crate) fn of_digits(digits: &str) -> Option<Self> {
        let bytes = digits.as_bytes();
        if bytes.len() != 64 {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(bytes.chunks_exact(2)) {
            let value = |digit: u8| (digit as char).to_digit(16);
            *byte = (value(pair[0])? << 4 | value(pair[1])?) as u8;
        }
        Some(Self(hash))
    }

    /// As [`TokenHash::parse`] reads it.
    pub(crate) fn show(&self) -> String {
        self.0.iter().fold(HASHED.to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash(...)")
    }
}

/// Hashes under a key that only this process knows. Whoever measures how long a comparison of two of
/// them takes learns nothing, because nobody else can compute them.
#[derive(Clone)]
pub(crate) struct FingerprintKey([u8; 32]);

/// A keyed hash of a credential.
pub(crate) type Fingerprint = [u8; 32];

impl FingerprintKey {
    pub(crate) fn random() -> Self {
        let halves = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        let mut hash = Sha256::new();
        halves.iter().for_each(|half| hash.update(half.as_bytes()));
        Self(hash.finalize().into())
    }

    pub(crate) fn of(&self, credential: &[u8]) -> Fingerprint {
        Sha256::new().chain_update(self.0).chain_update(credential).finalize().into()
    }
}

impl std::fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FingerprintKey(...)")
    }
}

/// Whose a token is, and until when.
#[derive(Clone, Debug)]
pub(crate) struct TokenOwner {
    pub(crate) identity: Identity,
    pub(crate) expires: Option<Expiry>,
}

/// Tokens with their owners.
#[derive(Debug)]
pub(crate) struct Tokens {
    key: FingerprintKey,
    owners: HashMap<Fingerprint, (TokenHash, TokenOwner)>,
}

impl Tokens {
    pub(crate) fn new(key: FingerprintKey) -> Self {
        Self { key, owners: HashMap::new() }
    }

    /// Adds a token; the owner that it has already if it is there.
    pub(crate) fn add(&mut self, hash: TokenHash, owner: TokenOwner) -> Result<(), Identity> {
        match self.owners.insert(self.key.of(&hash.0), (hash, owner)) {
            Some((_, earlier)) => Err(earlier.identity),
            None => Ok(()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.owners.len()
    }

    /// The owners of all tokens.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn owners(&self) -> impl Iterator<Item = &TokenOwner> {
        self.owners.values().map(|(_, owner)| owner)
    }

    /// The owner of a token, which may have expired.
    pub(crate) fn owner(&self, token: &str) -> Option<&TokenOwner> {
        let hash = TokenHash::of(token);
        let (known, owner) = self.owners.get(&self.key.of(&hash.0))?;
        (*known == hash).then_some(owner)
    }
}

#[cfg(test)]
mod tests;
