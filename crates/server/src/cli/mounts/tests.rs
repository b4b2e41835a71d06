//! What the kernel's list says about paths.

use super::*;

const CONTAINER: &str = "\
617 494 0:58 / / rw,relatime master:248 - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/u
618 617 0:61 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
619 617 0:62 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
640 617 254:0 /var/lib/docker/volumes/v/_data /data rw,relatime - ext4 /dev/vda rw
641 617 254:0 /home/me/my\\040data /chroma/my\\040data ro,relatime master:1 propagate_from:2 - ext4 /dev/vda rw
";

const MACHINE: &str = "25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n";

#[track_caller]
fn check(list: &str, path: &str, is_mount: bool, is_in_container: bool) {
    let mounts = Mounts::parse(list.as_bytes());
    let path = Path::new(path);
    assert_eq!(mounts.is_mount(path), is_mount, "path={}", path.display());
    assert_eq!(mounts.is_in_container(path), is_in_container, "path={}", path.display());
}

#[test]
fn a_mount_point_is_one_exactly_and_covers_what_is_below() {
    check(CONTAINER, "/data", true, false);
    check(CONTAINER, "/data/deeper", false, false);
    check(CONTAINER, "/database", false, true);
    check(CONTAINER, "/index_data", false, true);
    check(CONTAINER, "/dev/shm", false, false);
}

#[test]
fn blanks_in_names_and_optional_fields_are_read() {
    check(CONTAINER, "/chroma/my data", true, false);
}

#[test]
fn a_machine_is_no_container() {
    check(MACHINE, "/data", false, false);
    check("", "/data", false, false);
}

#[test]
fn lines_of_another_form_are_left_out() {
    check("nonsense\n1 2 3\n\\04 \\0 - - \\9 - x\n", "/data", false, false);
    assert_eq!(unescape(b"/a\\134b\\04"), Path::new("/a\\b\\04"));
}

#[test]
fn of_two_mounts_on_one_point_the_later_is_in_force() {
    let list = format!("{MACHINE}{CONTAINER}");
    check(&list, "/chroma", false, true);
}
