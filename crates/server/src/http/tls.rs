//! TLS: certificate and key from files, client certificates, handshakes within bounds, and reading
//! the files again while connections stay.

mod handshake;
pub(crate) mod pem;
mod validity;

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::CryptoProvider,
    pki_types::CertificateDer,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
};

pub(crate) use self::handshake::{Handshakes, Secured};
use crate::{calendar::Moment, config::Settings, reload::Reload};

/// A certificate that ends within this time is worth a warning.
const ENDS_SOON: Duration = Duration::from_hours(14 * 24);

/// What TLS is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The server's certificate, followed by those that lead to an authority.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) clients: Clients,
    /// Whether version 1.2 is refused.
    pub(crate) only_version_1_3: bool,
}

/// What is asked of clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clients {
    /// No certificate.
    Anybody,
    /// A certificate of one of the authorities in the file, if the client has one at all.
    Optional(PathBuf),
    /// A certificate of one of the authorities in the file.
    Required(PathBuf),
}

/// TLS as new connections get it. Connections that are open keep what they began with.
pub(crate) struct Tls {
    files: TlsFiles,
    in_force: RwLock<Arc<ServerConfig>>,
}

impl TlsFiles {
    /// What the options say; none when there is no certificate.
    ///
    /// # Errors
    /// When there are other options of TLS, which would have no effect.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, String> {
        let Settings { tls_certificate, tls_key, tls_client_ca, .. } = settings;
        let Some(certificate) = tls_certificate.clone() else {
            let given = [("tls-key", tls_key), ("tls-client-ca", tls_client_ca)];
            return match given.iter().find(|(_, path)| path.is_some()) {
                None => Ok(None),
                Some((name, _)) => {
                    Err(format!("{name} is set without tls-certificate; refusing to start without TLS"))
                }
            };
        };
        // A file that holds both is common.
        let key = tls_key.clone().unwrap_or_else(|| certificate.clone());
        let clients = match (tls_client_ca.clone(), settings.tls_client_certificates) {
            (None, _) => Clients::Anybody,
            (Some(authorities), "optional") => Clients::Optional(authorities),
            (Some(authorities), _) => Clients::Required(authorities),
        };
        Ok(Some(Self { certificate, key, clients, only_version_1_3: settings.tls_version_min == "1.3" }))
    }
}

impl Tls {
    /// Reads the files. Beside the result: what a person should know about the certificate.
    ///
    /// # Errors
    /// A sentence that names the file, and its line where there is one.
    pub(crate) fn load(files: TlsFiles) -> Result<(Self, Vec<String>), String> {
        let (config, warnings) = read(&files, now())?;
        Ok((Self { files, in_force: RwLock::new(config) }, warnings))
    }

    fn config(&self) -> Arc<ServerConfig> {
        // No code panics while it holds the lock, and it holds whole values only.
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reload for Tls {
    fn name(&self) -> &'static str {
        "TLS certificate"
    }

    fn files(&self) -> Vec<PathBuf> {
        let TlsFiles { certificate, key, clients, .. } = &self.files;
        let authorities = clients.authorities().cloned();
        [certificate.clone(), key.clone()].into_iter().chain(authorities).collect()
    }

    fn reload(&self) -> Result<String, String> {
        let (config, warnings) = read(&self.files, now())?;
        for warning in warnings {
            tracing::warn!(reason = warning, "TLS certificate");
        }
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(format!("certificate in {}", self.files.certificate.display()))
    }
}

impl Clients {
    fn authorities(&self) -> Option<&PathBuf> {
        match self {
            Self::Anybody => None,
            Self::Optional(path) | Self::Required(path) => Some(path),
        }
    }
}

/// The cryptography, in Rust and assembly that a C compiler builds.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn read(files: &TlsFiles, now: i64) -> Result<(Arc<ServerConfig>, Vec<String>), String> {
    let TlsFiles { certificate, key, clients, only_version_1_3 } = files;
    let chain = pem::certificates(certificate)?;
    let warnings = warnings(&chain, &certificate.display().to_string(), now);
    let certified = certified(chain, files)?;
    let versions: &[&SupportedProtocolVersion] = match only_version_1_3 {
        true => &[&rustls::version::TLS13],
        false => &[&rustls::version::TLS13, &rustls::version::TLS12],
    };
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .map_err(|error| format!("cannot set up TLS for {}: {error}", key.display()))?;
    let mut config = match verifier(clients)? {
        None => builder.with_no_client_auth(),
        Some(verifier) => builder.with_client_cert_verifier(verifier),
    }
    .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((Arc::new(config), warnings))
}

/// The certificate with its key, which must belong together.
fn certified(chain: Vec<CertificateDer<'static>>, files: &TlsFiles) -> Result<CertifiedKey, String> {
    let (certificate, key) = (files.certificate.display(), files.key.display());
    let private = pem::private_key(&files.key)?;
    let private = rustls::crypto::ring::sign::any_supported_type(&private).map_err(|_| {
        format!("{key}: not a key of RSA (2048 to 8192 bits), ECDSA (P-256, P-384) or Ed25519")
    })?;
    let certified = CertifiedKey::new(chain, private);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(format!("the key in {key} does not belong to the first certificate in {certificate}"))
        }
        Err(error) => Err(format!("{certificate}: not a certificate that can be used: {error}")),
    }
}

fn verifier(clients: &Clients) -> Result<Option<Arc<dyn ClientCertVerifier>>, String> {
    let Some(path) = clients.authorities() else { return Ok(None) };
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut authorities = RootCertStore::empty();
    for authority in pem::certificates(path)? {
        authorities.add(authority).map_err(|error| failed(&error))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider());
    let builder = match clients {
        Clients::Optional(_) => builder.allow_unauthenticated(),
        _ => builder,
    };
    builder.build().map(Some).map_err(|error| failed(&error))
}

/// A certificate outside of its time still serves: clients that do not check it go on working, and
/// the others say what is wrong.
fn warnings(chain: &[CertificateDer<'_>], file: &str, now: i64) -> Vec<String> {
    let of_one = |certificate: &CertificateDer<'_>| {
        let validity::Validity { from, until } = validity::of_certificate(certificate)?;
        let (begins, ends) = (Moment::at(from), Moment::at(until));
        if until < now {
            Some(format!(
                "a certificate in {file} has expired on {ends}; clients that check it will not connect"
            ))
        } else if from > now {
            Some(format!(
                "a certificate in {file} is valid from {begins} only; clients that check it will not connect"
            ))
        } else if until - now < ENDS_SOON.as_secs() as i64 {
            Some(format!("a certificate in {file} expires on {ends}"))
        } else {
            None
        }
    };
    chain.iter().filter_map(of_one).collect()
}

/// Seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
mod tests;
