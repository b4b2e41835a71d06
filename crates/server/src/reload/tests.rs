//! When files are read again.

use std::sync::{Arc, Mutex};

use super::*;

/// Counts how often it was read.
struct Probe {
    file: PathBuf,
    reads: Arc<Mutex<Vec<String>>>,
}

impl Reload for Probe {
    fn name(&self) -> &'static str {
        "a probe"
    }

    fn files(&self) -> Vec<PathBuf> {
        vec![self.file.clone()]
    }

    fn reload(&self) -> Result<String, String> {
        let text = fs::read_to_string(&self.file).map_err(|error| error.to_string())?;
        self.reads.lock().unwrap().push(text.clone());
        if text == "bad" { Err("bad".to_owned()) } else { Ok(text) }
    }
}

#[test]
fn a_file_is_read_again_once_for_each_change() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("f");
    fs::write(&file, "one").unwrap();
    let reads = Arc::new(Mutex::new(Vec::new()));
    let mut watched = Watched::new(Box::new(Probe { file: file.clone(), reads: Arc::clone(&reads) }));
    let check = |watched: &mut Watched, expected: &[&str]| {
        watched.reload_if_changed();
        watched.reload_if_changed();
        assert_eq!(*reads.lock().unwrap(), expected);
    };
    check(&mut watched, &[]);
    fs::write(&file, "second").unwrap();
    check(&mut watched, &["second"]);
    // Replaced by another file of the same length, as editors and Kubernetes do.
    fs::write(directory.path().join("new"), "thirds").unwrap();
    fs::rename(directory.path().join("new"), &file).unwrap();
    check(&mut watched, &["second", "thirds"]);
    fs::remove_file(&file).unwrap();
    check(&mut watched, &["second", "thirds"]);
    fs::write(&file, "bad").unwrap();
    check(&mut watched, &["second", "thirds", "bad"]);
    watched.reload_anyway();
    assert_eq!(reads.lock().unwrap().len(), 4);
}

#[cfg(unix)]
#[test]
fn a_link_that_points_elsewhere_is_a_change() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    fs::write(place("a"), "same").unwrap();
    fs::write(place("b"), "same").unwrap();
    std::os::unix::fs::symlink(place("a"), place("link")).unwrap();
    let reads = Arc::new(Mutex::new(Vec::new()));
    let mut watched = Watched::new(Box::new(Probe { file: place("link"), reads: Arc::clone(&reads) }));
    std::os::unix::fs::symlink(place("b"), place("new")).unwrap();
    fs::rename(place("new"), place("link")).unwrap();
    watched.reload_if_changed();
    assert_eq!(reads.lock().unwrap().len(), 1);
}
