use std::io;

use super::*;
use crate::blob::BlobError;
use crate::segment::SegmentError;

#[track_caller]
fn check(kind: ErrorKind, is_full: bool) {
    let io_error = || io::Error::from(kind);
    let kv = KvError::Io { operation: "write", path: PathBuf::from("kv"), source: Arc::new(io_error()) };
    assert_eq!(kv.is_out_of_space(), is_full, "{kv}, {kind}");
    // As object_store wraps it.
    let remote = object_store::Error::Generic { store: "test", source: Box::new(io_error()) };
    let blob = BlobError::io("write", "seg/a", remote);
    assert_eq!(blob.is_out_of_space(), is_full, "{blob}, {kind}");
    let segment = SegmentError::from(blob);
    assert_eq!(segment.is_out_of_space(), is_full, "{segment}, {kind}");
}

#[test]
fn a_full_device_is_told_from_other_failures_however_deep_it_is() {
    check(ErrorKind::StorageFull, true);
    check(ErrorKind::QuotaExceeded, true);
    check(ErrorKind::PermissionDenied, false);
    assert!(!KvError::Busy.is_out_of_space());
}

#[test]
fn errors_name_the_path_and_leave_the_cause_to_their_source() {
    let source = Arc::new(io::Error::other("cause"));
    let error = KvError::Io { operation: "write", path: PathBuf::from("data/kv"), source };
    assert_eq!(error.to_string(), "cannot write key-value store, path=`data/kv`");
    assert_eq!(error.source().map(ToString::to_string), Some("cause".to_owned()));
}
