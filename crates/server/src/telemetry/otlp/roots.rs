//! The certificate authorities that a collector's certificate is checked with.

use std::{fs::File, io::BufReader, path::Path, sync::Arc};

use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};

/// A client's configuration that trusts the authorities in `file`, or those of the system without one.
///
/// # Errors
/// A sentence that says what is wrong with them.
pub(super) fn client_config(file: Option<&Path>, protocol: &[u8]) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(path) => {
            let failed = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
            let mut text = BufReader::new(File::open(path).map_err(|error| failed(&error))?);
            for certificate in certificates(&mut text) {
                let certificate = certificate.map_err(|error| failed(&error))?;
                roots.add(certificate).map_err(|error| failed(&error))?;
            }
        }
        None => {
            // Single broken certificates of a system are no reason to trust none.
            let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(
            "there are no certificate authorities to check a collector with; see otel-ca-file".to_owned()
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(config)
}

fn certificates(
    text: &mut BufReader<File>,
) -> impl Iterator<Item = Result<CertificateDer<'static>, rustls::pki_types::pem::Error>> {
    use rustls::pki_types::pem::PemObject as _;
    CertificateDer::pem_reader_iter(text)
}
