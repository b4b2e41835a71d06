//! Where a collector is and how it is spoken to.

use axum::http::{HeaderName, HeaderValue};

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Grpc,
    Http,
}

impl Protocol {
    /// The protocol that an option's word means for a collector at `address`. `auto` follows the habit of
    /// the specification: HTTP has the port 4318, and only HTTP has paths.
    pub(crate) fn choose(word: &str, address: &str) -> Self {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        match word {
            "grpc" => Self::Grpc,
            "auto" if path.is_empty() && !authority.ends_with(":4318") => Self::Grpc,
            _ => Self::Http,
        }
    }
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
}

/// A collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) is_tls: bool,
    /// Without a final slash; only HTTP uses it.
    base_path: String,
    pub(crate) protocol: Protocol,
    /// Sent with every message.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Endpoint {
    /// Reads `http://host:port/path`, `https://...` or `host[:port]`, which means TLS as in Chroma.
    ///
    /// # Errors
    /// A phrase that follows "because it ".
    pub(crate) fn parse(text: &str, protocol: Protocol) -> Result<Self, String> {
        let (is_tls, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some((scheme, _)) => {
                return Err(format!("begins with {scheme}:// and not with http:// or https://"));
            }
            None => (true, text),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains(['@', '?', '#']) || path.contains(['?', '#']) {
            return Err(
                "has more than a host, a port and a path (headers are an option of their own)".to_owned()
            );
        }
        let (host, port) = split_port(authority)?;
        let port = port.unwrap_or(match (is_tls, protocol) {
            (true, _) => 443,
            (false, Protocol::Grpc) => 4317,
            (false, Protocol::Http) => 4318,
        });
        let base_path = format!("/{path}").trim_end_matches('/').to_owned();
        Ok(Self { host, port, is_tls, base_path, protocol, headers: Vec::new() })
    }

    /// `host:port`, with brackets where they belong.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Where messages of a signal go.
    pub(crate) fn path(&self, signal: Signal) -> String {
        let (service, name) = match signal {
            Signal::Traces => ("trace.v1.TraceService", "traces"),
            Signal::Metrics => ("metrics.v1.MetricsService", "metrics"),
        };
        match self.protocol {
            Protocol::Grpc => format!("/opentelemetry.proto.collector.{service}/Export"),
            // A path that names a signal was copied from the variable of that signal.
            Protocol::Http => {
                let base = self.base_path.trim_end_matches("/v1/traces").trim_end_matches("/v1/metrics");
                format!("{base}/v1/{name}")
            }
        }
    }
}

fn split_port(authority: &str) -> Result<(String, Option<u16>), String> {
    let no_host = || "names no host".to_owned();
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or_else(no_host)?;
            (host, rest.strip_prefix(':'))
        }
        None => match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte));
    if host.is_empty() || !is_host {
        return Err(no_host());
    }
    let port = port.map(str::parse).transpose().map_err(|_| "has a port that is none".to_owned())?;
    Ok((host.to_owned(), port))
}

/// Reads headers: a JSON object of texts, as Chroma has it, or `name=value,...` with percent-encoded
/// values, as the `OTEL_*` variables have it.
///
/// # Errors
/// A phrase that follows "because it "; it quotes no value.
pub(crate) fn parse_headers(text: &str) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let text = text.trim();
    let pairs: Vec<(String, String)> = if text.starts_with('{') {
        let object: std::collections::BTreeMap<String, String> = serde_json::from_str(text)
            .map_err(|_| "is not a JSON object whose values are texts".to_owned())?;
        object.into_iter().collect()
    } else {
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim().to_owned(), percent_decode(value.trim())))
        };
        let pairs: Option<Vec<_>> = pairs.map(pair).collect();
        pairs.ok_or_else(|| "is neither a JSON object nor a list of name=value".to_owned())?
    };
    let header = |(name, value): (String, String)| {
        // gRPC and HTTP/2 know lower-case names only, which is what this type makes of them.
        let name: HeaderName = name.parse().map_err(|_| "has a name that no header can have".to_owned())?;
        let mut value: HeaderValue =
            value.parse().map_err(|_| format!("has a value for {name} that no header can have"))?;
        value.set_sensitive(true);
        Ok((name, value))
    };
    pairs.into_iter().map(header).collect()
}

/// Bytes of `%41` and the like; what is no such escape stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
