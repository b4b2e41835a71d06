//! The health check over TLS.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    path::PathBuf,
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::http::tls::{pem, provider};

/// How to trust the server and to be trusted by it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Credentials {
    /// Authorities of the server's certificate. Without them it is not checked: the question is
    /// whether something answers, and it holds no secret.
    pub(crate) authorities: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    /// Without it the key is in the certificate's file.
    pub(crate) key: Option<PathBuf>,
}

/// Encrypts a connection; the handshake happens with the first bytes.
///
/// # Errors
/// When the files cannot be used, or the host cannot be in a certificate.
pub(super) fn encrypt(
    stream: TcpStream,
    authority: &str,
    credentials: &Credentials,
) -> Result<impl Read + Write + use<>, String> {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let config = config(credentials)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    Ok(Closing(StreamOwned::new(connection, stream)))
}

fn config(credentials: &Credentials) -> Result<ClientConfig, String> {
    let Credentials { authorities, certificate, key } = credentials;
    let verifier: Arc<dyn ServerCertVerifier> = match authorities {
        None => Arc::new(Unchecked(provider())),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for authority in pem::certificates(path)? {
                roots.add(authority).map_err(|error| format!("{}: {error}", path.display()))?;
            }
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
                .build()
                .map_err(|error| format!("{}: {error}", path.display()))?
        }
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let Some(certificate) = certificate else { return Ok(builder.with_no_client_auth()) };
    let (chain, key) =
        (pem::certificates(certificate)?, pem::private_key(key.as_ref().unwrap_or(certificate))?);
    builder.with_client_auth_cert(chain, key).map_err(|error| format!("{}: {error}", certificate.display()))
}

/// A stream that takes a server's missing farewell for the end, as with plain HTTP.
struct Closing(StreamOwned<ClientConnection, TcpStream>);

impl Read for Closing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            read => read,
        }
    }
}

impl Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Takes any certificate whose key the server really has.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
