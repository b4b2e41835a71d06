//! Which directory is taken, with directories of the test in the places of the image's.

use std::fmt::Write as _;

use super::*;

/// Three places below a directory of the test; each is a mount or not, and holds a file or not.
fn places(directory: &Path, states: [(bool, bool); 3]) -> (Vec<PathBuf>, Mounts) {
    let mut list = String::from("1 0 0:1 / / rw - overlay overlay rw\n");
    let mut places = Vec::new();
    for (name, (is_mounted, is_populated)) in ["a", "b", "c"].into_iter().zip(states) {
        let place = directory.join(name);
        std::fs::create_dir_all(place.join(ALWAYS_THERE)).unwrap();
        if is_populated {
            std::fs::write(place.join("file"), "").unwrap();
        }
        if is_mounted {
            writeln!(list, "2 1 0:2 / {} rw - ext4 /dev/x rw", place.display()).unwrap();
        }
        places.push(place);
    }
    (places, Mounts::parse(list.as_bytes()))
}

#[track_caller]
fn check(states: [(bool, bool); 3], expected: &str) {
    let directory = tempfile::tempdir().unwrap();
    let (places, mounts) = places(directory.path(), states);
    assert_eq!(among(&places, &mounts), Ok(directory.path().join(expected)), "states={states:?}");
}

const OFF: (bool, bool) = (false, false);
const EMPTY: (bool, bool) = (true, false);
const FULL: (bool, bool) = (true, true);

#[test]
fn the_mounted_place_is_taken() {
    check([OFF, EMPTY, OFF], "b");
    check([OFF, OFF, EMPTY], "c");
    check([(false, true), OFF, EMPTY], "c");
}

#[test]
fn the_first_place_is_taken_when_none_is_mounted() {
    check([OFF, OFF, OFF], "a");
}

#[test]
fn of_several_mounts_the_one_with_data_is_taken() {
    check([EMPTY, EMPTY, FULL], "c");
    check([EMPTY, EMPTY, OFF], "a");
}

#[test]
fn two_mounts_with_data_are_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let (places, mounts) = places(directory.path(), [FULL, OFF, FULL]);
    let text = among(&places, &mounts).unwrap_err();
    let (first, second) = (directory.path().join("a"), directory.path().join("c"));
    assert!(text.starts_with(&format!("{} and {} are both", first.display(), second.display())));
    assert!(text.contains("HUEDB_PATH"), "text=`{text}`");
}

#[test]
fn data_in_the_container_itself_is_warned_about() {
    let directory = tempfile::tempdir().unwrap();
    let (places, mounts) = places(directory.path(), [EMPTY, OFF, OFF]);
    assert_eq!(choose(&places[0], &mounts).unwrap().warnings, Vec::<String>::new());
    let place = choose(&places[1], &mounts).unwrap();
    assert_eq!(place.path, places[1]);
    assert!(place.warnings[0].starts_with("no volume is mounted on "), "warnings={:?}", place.warnings);
}

#[test]
fn a_database_of_chroma_is_mentioned() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("chroma.sqlite3"), "").unwrap();
    let warnings = choose(directory.path(), &Mounts::default()).unwrap().warnings;
    assert!(warnings[0].contains("holds a database of Chroma"), "warnings={warnings:?}");
}

#[test]
fn a_missing_directory_is_made_and_a_file_in_its_way_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let deep = directory.path().join("a/b");
    assert_eq!(choose(&deep, &Mounts::default()).unwrap().path, deep);
    assert!(deep.is_dir());
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let text = choose(&path, &Mounts::default()).unwrap_err();
        assert!(text.contains("no directory"), "text=`{text}`");
    }
}
