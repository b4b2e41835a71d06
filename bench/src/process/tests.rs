use super::{Process, parse_cpu_ticks, parse_kilobytes};

#[test]
fn cpu_ticks_are_found_behind_a_command_with_spaces_and_brackets() {
    let stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 70 30 0 0 20 0 1 0 5 0 0";
    assert_eq!(parse_cpu_ticks(stat), Some(100));
}

#[test]
fn resident_memory_is_read_in_kilobytes() {
    assert_eq!(parse_kilobytes("Name:\tx\nVmRSS:\t   1234 kB\n", "VmRSS:"), Some(1234));
}

#[test]
fn this_process_has_memory_and_its_directory_a_size() {
    let process = Process { pid: Some(std::process::id()), data: Some("src".into()) };
    assert!(process.rss_bytes().unwrap() > 100_000);
    assert!(process.disk_bytes().unwrap() >= 4096);
    assert!(process.cpu().is_some());
}

#[test]
fn an_unknown_process_reports_nothing() {
    let process = Process::default();
    assert!(process.cpu().is_none() && process.rss_bytes().is_none() && process.disk_bytes().is_none());
}
