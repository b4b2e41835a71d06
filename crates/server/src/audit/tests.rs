//! Lines, and what becomes of those that cannot be written.

use std::fs;

use super::*;

fn entry() -> Entry<'static> {
    Entry {
        request_id: "r",
        user: Some("u\"1"),
        source: Some([192, 0, 2, 1].into()),
        action: "collection:add",
        place: Place { tenant: Some("t".to_owned()), ..Place::default() },
        records: Some(3),
        status: 201,
        outcome: Outcome::of_status(201),
        took_us: 7,
    }
}

#[test]
fn a_line_is_one_object_with_known_keys() {
    let text = String::from_utf8(line(Duration::from_millis(1_795_557_322_007), &entry())).unwrap();
    assert_eq!(
        text,
        "{\"time\":\"2026-11-24T21:55:22.007Z\",\"request_id\":\"r\",\"user\":\"u\\\"1\",\
         \"source\":\"192.0.2.1\",\"action\":\"collection:add\",\"tenant\":\"t\",\"database\":null,\
         \"collection\":null,\"records\":3,\"status\":201,\"outcome\":\"done\",\"took_us\":7}\n"
    );
}

#[test]
fn the_status_tells_what_became_of_a_request() {
    let cases = [
        (200, Outcome::Done),
        (201, Outcome::Done),
        (401, Outcome::Denied),
        (403, Outcome::Denied),
        (404, Outcome::Refused),
        (422, Outcome::Refused),
        (429, Outcome::Limited),
        (500, Outcome::Failed),
        (503, Outcome::Failed),
    ];
    for (status, outcome) in cases {
        assert_eq!(Outcome::of_status(status), outcome, "status={status}");
    }
}

struct Fixture {
    settings: AuditSettings,
    _directory: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.log");
        Self {
            settings: AuditSettings { path, file_bytes_max: 1 << 20, files_max: 2 },
            _directory: directory,
        }
    }

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(&self.settings.path).unwrap().lines().map(str::to_owned).collect()
    }
}

#[test]
fn every_entry_is_written_before_it_stops() {
    let fixture = Fixture::new();
    let audit = Audit::start(&fixture.settings).unwrap();
    for _ in 0..100 {
        audit.record(&entry());
    }
    audit.stop();
    audit.stop();
    assert_eq!(fixture.lines().len(), 100);
    audit.record(&entry());
    assert_eq!(audit.lost.load(Ordering::Relaxed), 1);
}

#[test]
fn what_does_not_fit_into_the_queue_is_counted_in_the_file() {
    let fixture = Fixture::new();
    let (messages, received) = sync_channel(2);
    let lost = Arc::new(AtomicU64::new(0));
    let audit = Audit { messages, lost: Arc::clone(&lost), thread: Mutex::new(None) };
    for _ in 0..5 {
        audit.record(&entry());
    }
    assert_eq!(lost.load(Ordering::Relaxed), 3);
    drop(audit);
    let file = AuditFile::open(&fixture.settings).unwrap();
    Writer { file, lost, is_failing: false }.run(&received);
    let lines = fixture.lines();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].ends_with("\"lost\":3}"), "{}", lines[0]);
}

#[test]
fn a_place_that_cannot_be_written_stops_the_start() {
    let fixture = Fixture::new();
    let path = fixture.settings.path.join("below-a-file");
    fs::write(&fixture.settings.path, "").unwrap();
    let error =
        Audit::start(&AuditSettings { path: path.clone(), ..fixture.settings.clone() }).err().unwrap();
    assert!(error.starts_with(&format!("cannot write the audit log {}: ", path.display())), "{error}");
}
