//! PEM files that people have, and what they are told about the others.

use super::*;

struct Fixture(tempfile::TempDir);

impl Fixture {
    fn file(&self, text: &str) -> std::path::PathBuf {
        let path = self.0.path().join("file.pem");
        fs::write(&path, text).unwrap();
        path
    }

    /// What is said about a file after its name.
    fn refusal(&self, text: &str, read: impl Fn(&Path) -> Option<String>) -> String {
        let path = self.file(text);
        let reason = read(&path).unwrap();
        assert!(reason.contains(&path.display().to_string()), "{reason}");
        reason.replace(&path.display().to_string(), "FILE")
    }

    #[track_caller]
    fn check_key(&self, text: &str, expected: &str) {
        assert_eq!(self.refusal(text, |path| private_key(path).err()), expected, "text={text}");
    }

    #[track_caller]
    fn check_certificates(&self, text: &str, expected: &str) {
        assert_eq!(self.refusal(text, |path| certificates(path).err()), expected, "text={text}");
    }
}

fn fixture() -> Fixture {
    Fixture(tempfile::tempdir().unwrap())
}

const ONE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

#[test]
fn the_three_forms_of_a_key_are_told_apart() {
    let fixture = fixture();
    let forms = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];
    for (number, form) in forms.iter().enumerate() {
        let path = fixture.file(&KEY.replace("PRIVATE KEY", form));
        let found = match private_key(&path).unwrap() {
            PrivateKeyDer::Pkcs8(_) => 0,
            PrivateKeyDer::Pkcs1(_) => 1,
            PrivateKeyDer::Sec1(_) => 2,
            _ => 3,
        };
        assert_eq!(found, number, "form={form}");
    }
}

#[test]
fn other_blocks_and_text_between_them_are_left_out() {
    let text = format!(
        "Bag Attributes\n  x: y\n{ONE}\r\n-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n{KEY}{ONE}"
    );
    let fixture = fixture();
    let path = fixture.file(&text.replace('\n', "\r\n"));
    assert_eq!(certificates(&path).unwrap().len(), 2);
    assert!(private_key(&path).is_ok());
}

#[test]
fn a_wrong_file_is_refused_by_name_and_line() {
    let fixture = fixture();
    fixture.check_certificates("", "FILE holds no certificate");
    fixture.check_certificates(KEY, "FILE holds no certificate (only PRIVATE KEY)");
    fixture.check_certificates(&ONE.replace("AAAA\n", "AAAA\nA*AA\n"), "FILE line 3: not base64");
    fixture.check_certificates(
        &format!("\n{}", ONE.replace("AAAA", "AAAAA")),
        "FILE line 2: the block that begins here is cut off or damaged",
    );
    fixture.check_certificates(
        &ONE.replace("-----END CERTIFICATE-----\n", ""),
        "FILE line 1: the CERTIFICATE that begins here does not end",
    );
    fixture.check_certificates(
        &ONE.replace("-----END CERTIFICATE", "-----END PRIVATE KEY"),
        "FILE line 3: a CERTIFICATE ends as a PRIVATE KEY",
    );
    fixture.check_key(ONE, "FILE holds no private key (only CERTIFICATE)");
    fixture.check_key(&format!("{KEY}{KEY}"), "FILE line 4: a second private key; keep one");
}

#[test]
fn an_encrypted_key_is_refused_with_the_way_out() {
    let fixture = fixture();
    let way_out = "the private key is encrypted; decrypt it with `openssl pkey -in FILE -out plain.pem`";
    for text in [include_str!("../tests/data/encrypted.pem"), include_str!("../tests/data/encrypted_old.pem")]
    {
        fixture.check_key(text, &format!("FILE line 1: {way_out}"));
    }
}

#[test]
fn what_cannot_be_read_is_said_with_its_name() {
    let fixture = fixture();
    let missing = fixture.0.path().join("missing.pem");
    let reason = certificates(&missing).unwrap_err();
    assert!(reason.starts_with(&format!("cannot read {}: ", missing.display())), "{reason}");
    let binary = fixture.0.path().join("binary.der");
    fs::write(&binary, [0x30, 0x82, 0xFF]).unwrap();
    let reason = certificates(&binary).unwrap_err();
    assert!(reason.contains("is not a PEM file; convert it with"), "{reason}");
}

#[test]
fn no_part_of_a_key_is_ever_in_an_error() {
    let fixture = fixture();
    for text in [
        "-----BEGIN PRIVATE KEY-----\nSECRET*\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nSECRETS\n",
    ] {
        let reason = private_key(&fixture.file(text)).unwrap_err();
        assert!(!reason.contains("SECRET"), "{reason}");
    }
}
