//! Which files make a server, and what is said about the others.

use std::{fs, path::Path};

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use super::*;

const RSA_CERTIFICATE: &str = include_str!("tests/data/rsa_certificate.pem");
const RSA_PKCS1: &str = include_str!("tests/data/rsa_pkcs1.pem");
const RSA_PKCS8: &str = include_str!("tests/data/rsa_pkcs8.pem");
const EC_SEC1: &str = include_str!("tests/data/ec_sec1.pem");

struct Fixture {
    directory: tempfile::TempDir,
    files: TlsFiles,
}

impl Fixture {
    fn new(certificate: &str, key: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let files = TlsFiles {
            certificate: path("certificate.pem"),
            key: path("key.pem"),
            clients: Clients::Anybody,
            only_version_1_3: false,
        };
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
        Self { directory, files }
    }

    /// The error, with paths reduced to names.
    fn error(&self) -> String {
        let error = Tls::load(self.files.clone()).err().unwrap();
        error.replace(&format!("{}/", self.directory.path().display()), "")
    }
}

fn self_signed(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> String {
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    change(&mut parameters);
    parameters.self_signed(key).unwrap().pem()
}

#[test]
fn keys_of_every_kind_and_form_are_taken() {
    let sec1 = KeyPair::from_pem(&{
        // What openssl writes begins with the curve's name, in a block of its own.
        let der = pem::private_key(&Fixture::new("", EC_SEC1).files.key).unwrap();
        assert!(matches!(der, rustls::pki_types::PrivateKeyDer::Sec1(_)));
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem()
    })
    .unwrap();
    let mut cases = vec![
        (RSA_CERTIFICATE.to_owned(), RSA_PKCS1.to_owned()),
        (RSA_CERTIFICATE.to_owned(), RSA_PKCS8.to_owned()),
        (self_signed(&sec1, |_| ()), sec1.serialize_pem()),
    ];
    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        cases.push((self_signed(&key, |_| ()), key.serialize_pem()));
    }
    for (certificate, key) in cases {
        let fixture = Fixture::new(&certificate, &key);
        let (_, warnings) = Tls::load(fixture.files).map_err(|error| format!("{error}\n{key}")).unwrap();
        assert_eq!(warnings, [""; 0]);
    }
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let other = KeyPair::generate().unwrap();
    let belongs_not = "the key in key.pem does not belong to the first certificate in certificate.pem";
    for key in [other.serialize_pem().as_str(), EC_SEC1] {
        assert_eq!(Fixture::new(RSA_CERTIFICATE, key).error(), belongs_not);
    }
    // The order matters: the first certificate is the server's own.
    let chain = format!("{}{RSA_CERTIFICATE}", self_signed(&other, |_| ()));
    assert_eq!(Fixture::new(&chain, RSA_PKCS8).error(), belongs_not);
}

#[test]
fn what_is_no_certificate_or_key_is_refused_by_name() {
    let noise = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    assert!(
        Fixture::new(&noise("CERTIFICATE"), RSA_PKCS8)
            .error()
            .starts_with("certificate.pem: not a certificate")
    );
    assert_eq!(
        Fixture::new(RSA_CERTIFICATE, &noise("PRIVATE KEY")).error(),
        "key.pem: not a key of RSA (2048 to 8192 bits), ECDSA (P-256, P-384) or Ed25519"
    );
    let mut fixture = Fixture::new(RSA_CERTIFICATE, RSA_PKCS8);
    fixture.files.clients = Clients::Required(fixture.files.key.clone());
    assert_eq!(fixture.error(), "key.pem holds no certificate (only PRIVATE KEY)");
}

#[test]
fn a_certificate_outside_of_its_time_is_served_with_a_warning() {
    let key = KeyPair::generate().unwrap();
    let from = |year| rcgen::date_time_ymd(year, 1, 1);
    let cases = [
        ((2001, 2002), Some("has expired on 2002-01-01T00:00:00Z")),
        ((4001, 4096), Some("is valid from 4001-01-01T00:00:00Z only")),
        ((2001, 4096), None),
    ];
    for ((begins, ends), expected) in cases {
        let certificate = self_signed(&key, |parameters| {
            parameters.not_before = from(begins);
            parameters.not_after = from(ends);
        });
        let (_, warnings) = Tls::load(Fixture::new(&certificate, &key.serialize_pem()).files).unwrap();
        match expected {
            None => assert_eq!(warnings, [""; 0]),
            Some(text) => assert!(warnings.len() == 1 && warnings[0].contains(text), "{warnings:?}"),
        }
    }
}

#[test]
fn an_end_that_is_near_is_worth_a_warning() {
    let key = KeyPair::generate().unwrap();
    let pem = self_signed(&key, |parameters| parameters.not_after = rcgen::date_time_ymd(2030, 1, 15));
    let chain = pem::certificates(&Fixture::new(&pem, "").files.certificate).unwrap();
    let day = |day| Moment { year: 2030, month: 1, day, hour: 0, minute: 0, second: 0 }.seconds().unwrap();
    assert_eq!(warnings(&chain, "F", day(1)), [""; 0]);
    assert_eq!(warnings(&chain, "F", day(2)), ["a certificate in F expires on 2030-01-15T00:00:00Z"]);
    assert_eq!(warnings(&chain, "F", day(15)).len(), 1);
    assert!(warnings(&chain, "F", day(16))[0].contains("has expired"));
}

#[test]
fn a_reload_takes_good_files_and_keeps_the_former_state_on_bad_ones() {
    let fixture = Fixture::new(RSA_CERTIFICATE, RSA_PKCS8);
    let (tls, _) = Tls::load(fixture.files.clone()).unwrap();
    let first = tls.config();

    fs::write(&fixture.files.key, "nothing").unwrap();
    assert!(tls.reload().unwrap_err().ends_with("key.pem holds no private key"));
    assert!(Arc::ptr_eq(&first, &tls.config()));

    let key = KeyPair::generate().unwrap();
    fs::write(&fixture.files.certificate, self_signed(&key, |_| ())).unwrap();
    fs::write(&fixture.files.key, key.serialize_pem()).unwrap();
    assert!(tls.reload().is_ok());
    assert!(!Arc::ptr_eq(&first, &tls.config()));
}

#[track_caller]
fn check_options(change: impl FnOnce(&mut Settings), expected: Result<Option<(&str, Clients, bool)>, &str>) {
    let mut settings = Settings::defaults();
    change(&mut settings);
    let expected = expected.map_err(str::to_owned).map(|files| {
        files.map(|(key, clients, only_version_1_3)| TlsFiles {
            certificate: "c".into(),
            key: key.into(),
            clients,
            only_version_1_3,
        })
    });
    assert_eq!(TlsFiles::of(&settings), expected);
}

#[test]
fn options_of_tls_take_effect_together_or_are_refused() {
    let file = |name: &str| Some(Path::new(name).to_owned());
    check_options(|_| (), Ok(None));
    check_options(|settings| settings.tls_certificate = file("c"), Ok(Some(("c", Clients::Anybody, false))));
    check_options(
        |settings| {
            (settings.tls_certificate, settings.tls_key) = (file("c"), file("k"));
            (settings.tls_client_ca, settings.tls_version_min) = (file("a"), "1.3");
        },
        Ok(Some(("k", Clients::Required("a".into()), true))),
    );
    check_options(
        |settings| {
            (settings.tls_certificate, settings.tls_client_ca) = (file("c"), file("a"));
            settings.tls_client_certificates = "optional";
        },
        Ok(Some(("c", Clients::Optional("a".into()), false))),
    );
    let alone = |name| format!("{name} is set without tls-certificate; refusing to start without TLS");
    check_options(|settings| settings.tls_key = file("k"), Err(&alone("tls-key")));
    check_options(|settings| settings.tls_client_ca = file("a"), Err(&alone("tls-client-ca")));
}
