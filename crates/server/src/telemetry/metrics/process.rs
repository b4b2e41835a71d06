//! What the operating system says about this process, under the names that Prometheus clients use.

use std::path::Path;

use super::{Family, FamilyKind};

/// The families of one look. What the system does not tell is left out.
pub(crate) fn families(data: Option<&Path>) -> Vec<Family> {
    let mut families = of_proc();
    families.extend(data.and_then(disk_free));
    families
}

/// Clock ticks in a second, which is the same on every Linux.
#[cfg(target_os = "linux")]
const TICKS_PER_SECOND: f64 = 100.0;

#[cfg(target_os = "linux")]
fn of_proc() -> Vec<Family> {
    let mut families = Vec::new();
    let numbers = |path: &str| -> Option<Vec<u64>> {
        let text = std::fs::read_to_string(path).ok()?;
        // The program's name, in brackets, may hold spaces.
        let rest = text.rsplit_once(')').map_or(text.as_str(), |(_, rest)| rest);
        Some(rest.split_whitespace().map(|word| word.parse().unwrap_or(0)).collect())
    };
    if let Some(memory) = numbers("/proc/self/statm")
        && let [total, resident, ..] = memory[..]
    {
        let page = rustix::param::page_size() as u64;
        families.push(Family::gauge(
            "process_resident_memory_bytes",
            "Memory that is in use, mapped segments included",
            resident * page,
        ));
        families.push(Family::gauge("process_virtual_memory_bytes", "Addresses in use", total * page));
    }
    // Counted after the name: state is 0, user time 11, system time 12, threads 17.
    if let Some(stat) = numbers("/proc/self/stat")
        && let (Some(user), Some(system), Some(threads)) = (stat.get(11), stat.get(12), stat.get(17))
    {
        let seconds = (user + system) as f64 / TICKS_PER_SECOND;
        families.push(
            Family::new("process_cpu_seconds_total", FamilyKind::Counter, "Processor time")
                .with(&[], seconds),
        );
        families.push(Family::gauge("process_threads", "Threads", *threads));
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        families.push(Family::gauge("process_open_fds", "Open files and sockets", open.count() as u64));
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    families
        .extend(limit.map(|limit| Family::gauge("process_max_fds", "Most open files and sockets", limit)));
    families
}

#[cfg(not(target_os = "linux"))]
fn of_proc() -> Vec<Family> {
    Vec::new()
}

#[cfg(unix)]
fn disk_free(data: &Path) -> Option<Family> {
    let disk = rustix::fs::statvfs(data).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    Some(Family::gauge("huedb_disk_free_bytes", "Room on the disk of the data directory", free))
}

#[cfg(not(unix))]
fn disk_free(_: &Path) -> Option<Family> {
    None
}
