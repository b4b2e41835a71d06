//! `huedb healthcheck`: one request, one line, an exit code. Needs nothing but a socket, so that it
//! works in an image without curl.

mod encrypted;

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    process::ExitCode,
    time::{Duration, Instant},
};

pub(crate) use self::encrypted::Credentials;
use super::{FAILED, complain, print};
use crate::config::Settings;

const PATIENCE: Duration = Duration::from_secs(5);

/// The head and the short body of a heartbeat fit many times.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Asks the server behind `url` for its heartbeat and prints how it went.
pub(crate) fn run(url: &str, credentials: &Credentials) -> ExitCode {
    let started = Instant::now();
    match ask(url, credentials) {
        Ok(()) => print(&format!("{url} answered in {:.1} ms\n", started.elapsed().as_secs_f64() * 1e3)),
        Err(reason) => {
            complain(&format!("{url} {reason}"));
            ExitCode::from(FAILED)
        }
    }
}

/// The URL to ask when this program was started as `curl`. The image has that name for it, because
/// compose files for Chroma check its health with `curl -f http://localhost:8000/api/v1/heartbeat`.
pub(crate) fn url_for_curl<'a>(program: &str, arguments: &'a [String]) -> Option<&'a str> {
    let is_curl = program.rsplit('/').next() == Some("curl");
    let is_url = |argument: &&String| argument.starts_with("http://") || argument.starts_with("https://");
    arguments.iter().find(is_url).filter(|_| is_curl).map(String::as_str)
}

/// Where a server with these settings answers, as seen from the same machine.
pub(crate) fn url_of(settings: &Settings) -> String {
    let host = match settings.host.as_str() {
        "0.0.0.0" => "127.0.0.1",
        "::" => "::1",
        host => host,
    };
    let bracketed = host.contains(':').then(|| format!("[{host}]"));
    let scheme = if settings.tls_certificate.is_some() { "https" } else { "http" };
    format!("{scheme}://{}:{}", bracketed.as_deref().unwrap_or(host), settings.port)
}

/// The error continues a sentence that begins with the URL.
fn ask(url: &str, credentials: &Credentials) -> Result<(), String> {
    let (is_encrypted, authority) = authority_of(url)?;
    let answers_not = |error: io::Error| match error.to_string() {
        text if text.contains("CertificateRequired") => {
            "asks for a client certificate; give --cert and --key".to_owned()
        }
        text => format!("does not answer: {text}"),
    };
    let stream = connect(authority, if is_encrypted { 443 } else { 80 }).map_err(answers_not)?;
    let answer = if is_encrypted {
        let stream = encrypted::encrypt(stream, authority, credentials)
            .map_err(|reason| format!("cannot be asked: {reason}"))?;
        exchange(stream, authority)
    } else {
        exchange(stream, authority)
    };
    let answer = answer.map_err(answers_not)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    match (answer.starts_with("HTTP/1.1 "), status) {
        (true, "200") if answer.contains("heartbeat") => Ok(()),
        (true, status) => Err(format!("answers, but not with a heartbeat: status {status}")),
        (false, _) => Err("answers, but not with HTTP".to_owned()),
    }
}

/// Whether the URL is one of TLS, and its `host:port`; a path is left out, because the heartbeat's
/// place is known.
fn authority_of(url: &str) -> Result<(bool, &str), String> {
    let (is_encrypted, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return Err("is not a URL that starts with http:// or https://".to_owned()),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains(|odd: char| odd == '@' || odd.is_whitespace()) {
        return Err("names no host".to_owned());
    }
    Ok((is_encrypted, authority))
}

fn exchange(mut stream: impl Read + Write, authority: &str) -> io::Result<String> {
    let request = format!(
        "GET /api/v2/heartbeat HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: huedb-healthcheck\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Tries every address of the name; the last error is the one to tell.
fn connect(authority: &str, default_port: u16) -> io::Result<TcpStream> {
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let target = if has_port { authority.to_owned() } else { format!("{authority}:{default_port}") };
    let mut result = Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    for address in target.to_socket_addrs()? {
        result = TcpStream::connect_timeout(&address, PATIENCE);
        if result.is_ok() {
            break;
        }
    }
    let stream = result?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

#[cfg(test)]
mod tests;
