//! PEM files: certificates and keys as text, with the line of whatever is wrong.

use std::{fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use zeroize::Zeroizing;

/// Larger files are no certificates.
const FILE_BYTES_MAX: u64 = 4 << 20;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// One block of a file.
struct Block {
    label: String,
    /// Line of its first line, from 1.
    line: usize,
    content: Result<Zeroizing<Vec<u8>>, String>,
}

/// Every certificate of a file, at least one.
///
/// # Errors
/// A sentence that names the file, and the line where there is one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut certificates = Vec::new();
    let mut others = Vec::new();
    for block in blocks_of_file(path)? {
        match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" => {
                certificates.push(CertificateDer::from(block.content_in(path)?.to_vec()));
            }
            _ => others.push(block.label),
        }
    }
    if certificates.is_empty() {
        return Err(format!("{} holds no certificate{}", path.display(), found(&others)));
    }
    Ok(certificates)
}

/// The one private key of a file.
///
/// # Errors
/// A sentence that names the file, and the line where there is one; never a part of the key.
pub(crate) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let mut key = None;
    let mut others = Vec::new();
    for block in blocks_of_file(path)? {
        let (file, line) = (path.display(), block.line);
        let read: fn(Vec<u8>) -> PrivateKeyDer<'static> = match block.label.as_str() {
            "PRIVATE KEY" => |der| PrivatePkcs8KeyDer::from(der).into(),
            "RSA PRIVATE KEY" => |der| PrivatePkcs1KeyDer::from(der).into(),
            "EC PRIVATE KEY" => |der| PrivateSec1KeyDer::from(der).into(),
            "ENCRYPTED PRIVATE KEY" => return Err(encrypted(path, line)),
            _ => {
                others.push(block.label);
                continue;
            }
        };
        if key.is_some() {
            return Err(format!("{file} line {line}: a second private key; keep one"));
        }
        key = Some(read(block.content_in(path)?.to_vec()));
    }
    key.ok_or_else(|| format!("{} holds no private key{}", path.display(), found(&others)))
}

fn encrypted(path: &Path, line: usize) -> String {
    format!(
        "{file} line {line}: the private key is encrypted; decrypt it with \
         `openssl pkey -in {file} -out plain.pem`",
        file = path.display()
    )
}

fn found(labels: &[String]) -> String {
    if labels.is_empty() { String::new() } else { format!(" (only {})", labels.join(", ")) }
}

impl Block {
    fn content_in(self, path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
        self.content.map_err(|reason| {
            if reason == ENCRYPTED {
                encrypted(path, self.line)
            } else {
                format!("{} {reason}", path.display())
            }
        })
    }
}

/// The old form of encryption says so in a header inside of the block.
const ENCRYPTED: &str = "encrypted";

fn blocks_of_file(path: &Path) -> Result<Vec<Block>, String> {
    let failed = |reason: &dyn std::fmt::Display| format!("cannot read {}: {reason}", path.display());
    let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
    if metadata.len() > FILE_BYTES_MAX {
        return Err(failed(&"it is larger than 4 MiB"));
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(|error| failed(&error))?);
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        format!(
            "{} is not a PEM file; convert it with `openssl x509 -inform DER` or `openssl pkey`",
            path.display()
        )
    })?;
    blocks(text).map_err(|reason| format!("{} {reason}", path.display()))
}

/// Text between blocks is left out: openssl writes what it knows of a certificate there.
fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        let Some(label) = label(line, BEGIN) else { continue };
        let mut content = Content::default();
        loop {
            let Some((line, number)) = lines.next() else {
                return Err(format!("line {number}: the {label} that begins here does not end"));
            };
            match super::pem::label(line, END) {
                Some(end) if end == label => break,
                Some(end) => return Err(format!("line {number}: a {label} ends as a {end}")),
                None => content.add(line.trim(), number),
            }
        }
        blocks.push(Block { label: label.to_owned(), line: number, content: content.decode(number) });
    }
    Ok(blocks)
}

/// `X` of `-----BEGIN X-----`.
fn label<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.trim().strip_prefix(start)?.strip_suffix(DASHES)
}

#[derive(Default)]
struct Content {
    base64: Zeroizing<String>,
    wrong_line: Option<usize>,
    is_encrypted: bool,
}

impl Content {
    fn add(&mut self, line: &str, number: usize) {
        // Headers like `Proc-Type: 4,ENCRYPTED` stand before an empty line.
        if line.contains(':') {
            self.is_encrypted |= line.contains("ENCRYPTED");
        } else if line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)) {
            self.base64.push_str(line);
        } else {
            self.wrong_line.get_or_insert(number);
        }
    }

    /// The reasons continue a sentence that begins with the file's name.
    fn decode(self, first_line: usize) -> Result<Zeroizing<Vec<u8>>, String> {
        if self.is_encrypted {
            return Err(ENCRYPTED.to_owned());
        }
        if let Some(line) = self.wrong_line {
            return Err(format!("line {line}: not base64"));
        }
        let decoded = BASE64_STANDARD.decode(self.base64.as_bytes());
        decoded
            .map(Zeroizing::new)
            .map_err(|_| format!("line {first_line}: the block that begins here is cut off or damaged"))
    }
}

#[cfg(test)]
mod tests;
