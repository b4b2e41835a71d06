//! Help, version, health check, configuration: what needs no running server, or only asks one.

use crate::process::{Place, huedb, run};

#[test]
fn help_says_what_a_newcomer_needs() {
    let help = run(&mut huedb(&["--help"]));
    assert_eq!((help.code, help.errors.as_str()), (Some(0), ""));
    for part in ["run ", "healthcheck ", "version ", "config ", "huedb run --path /var/lib/huedb --port 9000"]
    {
        assert!(help.output.contains(part), "missing: {part}\n{}", help.output);
    }
    assert!(!help.output.contains("docs"), "hidden commands are shown\n{}", help.output);
}

#[test]
fn help_of_run_groups_every_option_with_its_default() {
    let help = run(&mut huedb(&["run", "--help"]));
    assert_eq!(help.code, Some(0));
    let headings = ["Data:", "Network:", "Limits:", "Logs:", "Examples:"];
    let positions: Vec<_> = headings.iter().map(|heading| help.output.find(heading).unwrap()).collect();
    assert!(positions.is_sorted(), "{}", help.output);
    for part in ["--path <DIR>", "[default: ./huedb-data]", "--port <PORT>", "[default: 8000]", "[CONFIG]"] {
        assert!(help.output.contains(part), "missing: {part}\n{}", help.output);
    }
    assert!(help.output.lines().all(|line| line.len() <= 80), "{}", help.output);
}

#[test]
fn no_command_shows_the_help_as_an_error() {
    let ended = run(&mut huedb(&[]));
    assert_eq!((ended.code, ended.output.as_str()), (Some(2), ""));
    assert!(ended.errors.contains("Usage: huedb <COMMAND>"), "{}", ended.errors);
}

#[test]
fn version_is_one_line() {
    let line = format!("huedb {}\n", env!("CARGO_PKG_VERSION"));
    for argument in ["version", "--version", "-V"] {
        let ended = run(&mut huedb(&[argument]));
        assert_eq!((ended.code, ended.output), (Some(0), line.clone()), "argument={argument}");
    }
}

#[test]
fn healthcheck_tells_an_answering_server_from_others() {
    let place = Place::new();
    let server = place.start(&[]);
    let url = format!("http://{}", server.address);
    let asked = run(&mut huedb(&["healthcheck", "--url", &url]));
    assert_eq!(asked.code, Some(0), "{}", asked.errors);
    assert!(asked.output.starts_with(&format!("{url} answered in ")), "{}", asked.output);
    assert_eq!(asked.output.lines().count(), 1);

    let (_, port) = server.address.rsplit_once(':').unwrap();
    let asked = run(huedb(&["healthcheck"]).env("HUEDB_PORT", port).env("HUEDB_HOST", "0.0.0.0"));
    assert_eq!(asked.code, Some(0), "{}", asked.errors);

    drop(server);
    let asked = run(&mut huedb(&["healthcheck", "--url", &url]));
    assert_eq!((asked.code, asked.output.as_str()), (Some(1), ""));
    assert!(asked.errors.starts_with(&format!("error: {url} does not answer: ")), "{}", asked.errors);
    assert_eq!(asked.errors.lines().count(), 1);
}

#[test]
fn healthcheck_refuses_what_is_not_this_server() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let other = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let asked = run(&mut huedb(&["healthcheck", "--url", &url]));
    other.join().unwrap();
    assert_eq!(asked.code, Some(1));
    assert!(asked.errors.contains("answers, but not with a heartbeat: status 404"), "{}", asked.errors);
}

#[test]
fn config_print_shows_values_and_where_they_came_from() {
    let place = Place::new();
    let file = place.path().join("config.yaml");
    std::fs::write(&file, "max_payload_size_bytes: 41943040\n").unwrap();
    let arguments = ["config", "print", file.to_str().unwrap(), "--port", "9000"];
    let shown = run(huedb(&arguments).env("CHROMA_ALLOW_RESET", "1"));
    assert_eq!(shown.code, Some(0), "{}", shown.errors);
    let line = |name: &str| {
        let line = shown.output.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("port"), "port 9000 --port");
    assert_eq!(line("allow-reset"), "allow-reset true CHROMA_ALLOW_RESET in the environment");
    assert!(line("body-bytes-max").starts_with("body-bytes-max 40MiB max_payload_size_bytes in /"));
    assert_eq!(line("host"), "host 127.0.0.1 default");
}

#[test]
fn config_options_lists_flags_and_variables() {
    let shown = run(&mut huedb(&["config", "options"]));
    assert_eq!(shown.code, Some(0));
    assert!(shown.output.contains("--body-bytes-max "), "{}", shown.output);
    assert!(shown.output.contains("HUEDB_BODY_BYTES_MAX "), "{}", shown.output);
}
