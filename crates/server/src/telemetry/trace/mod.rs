//! One request as a tree of spans, under the names that Chroma's traces have.
//!
//! Nothing is sent from here: the finished tree goes to the exporter's queue in one piece. A request
//! that is not sampled has no [`Trace`], and everything that would be noted for it is one branch.

pub(crate) mod attributes;
pub(crate) mod id;
pub(crate) mod names;
pub(crate) mod parent;
pub(crate) mod resource;
pub(crate) mod sampler;
mod tree;

use std::{
    borrow::Cow,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Instant, SystemTime},
};

use axum::http::{HeaderMap, StatusCode, Version, header, request::Parts};

use self::{attributes::Attribute, parent::Parent, resource::Resource, sampler::Sampler};
use super::{
    otlp::queue::SpanQueue,
    request::{ErrorNote, RequestContext},
};

/// How much of a request is told. The names are those of Chroma.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Granularity {
    None,
    Operation,
    OperationAndSegment,
    All,
}

impl Granularity {
    /// None if the word is none of the four.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "operation" => Some(Self::Operation),
            "operation_and_segment" => Some(Self::OperationAndSegment),
            "all" => Some(Self::All),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Operation => "operation",
            Self::OperationAndSegment => "operation_and_segment",
            Self::All => "all",
        }
    }
}

/// A finished span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) trace: u128,
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) tracestate: String,
    pub(crate) name: Cow<'static, str>,
    pub(crate) is_server: bool,
    /// Nanoseconds since 1970.
    pub(crate) started: u64,
    pub(crate) ended: u64,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) error: Option<SpanError>,
}

/// Why a span's work failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpanError {
    pub(crate) text: String,
    /// Class and message of the `exception` event.
    pub(crate) exception: Option<ErrorNote>,
}

/// Makes traces of requests.
#[derive(Debug)]
pub(crate) struct Tracer {
    pub(crate) granularity: Granularity,
    pub(crate) sampler: Sampler,
    pub(crate) queue: SpanQueue,
}

/// The trace of one request while it is on its way.
#[derive(Debug)]
pub(crate) struct Trace {
    id: u128,
    parent: Option<Parent>,
    /// The root's id.
    root: u64,
    granularity: Granularity,
    /// One moment on both clocks: spans are measured on the one and dated on the other.
    moment: (Instant, SystemTime),
    method: String,
    queue: SpanQueue,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    /// What the request's head said.
    head: Vec<Attribute>,
    resource: Resource,
    authorised: Option<(Instant, Instant)>,
    handled: Option<(Instant, Instant)>,
}

/// What the edge knows of the connection of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Connection {
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) port: Option<u16>,
    pub(crate) is_tls: bool,
}

/// Whether a request is traced. Its client learns a trace id either way.
pub(crate) enum Decision {
    Traced(Box<Trace>),
    /// Not recorded, but the client may look the id up at whoever decided so.
    NotSampled(u128),
}

impl Tracer {
    /// Decides whether a request is traced and begins its trace.
    pub(crate) fn begin(&self, head: &Parts, connection: Connection, started: Instant) -> Decision {
        let parent = Parent::of(&head.headers);
        let id = parent.as_ref().map_or_else(id::new_trace, |parent| parent.trace);
        if !self.sampler.samples(id, parent.as_ref().map(|parent| parent.is_sampled)) {
            return Decision::NotSampled(id);
        }
        Decision::Traced(Box::new(Trace {
            id,
            parent,
            root: id::new_span(),
            granularity: self.granularity,
            moment: (started, SystemTime::now()),
            method: head.method.as_str().chars().take(32).collect(),
            queue: self.queue.clone(),
            notes: Mutex::new(Notes { head: of_head(head, connection), ..Notes::default() }),
        }))
    }
}

impl Trace {
    /// The id as `chroma-trace-id` shows it.
    pub(crate) fn id(&self) -> u128 {
        self.id
    }

    pub(crate) fn authorised(&self, resource: Resource, began: Instant, ended: Instant) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.resource = resource;
        notes.authorised = Some((began, ended));
    }

    pub(crate) fn handled(&self, began: Instant, ended: Instant) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).handled = Some((began, ended));
    }

    /// Makes the tree and hands it to the exporter. Never waits. Called once: the notes are used up.
    pub(crate) fn finish(
        &self,
        context: &RequestContext,
        status: StatusCode,
        error: Option<&ErrorNote>,
        ended: Instant,
    ) {
        let notes = std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner));
        let ending = tree::Ending { route: context.route(), status, error, ended };
        self.queue.push(tree::spans(self, notes, &context.work(), &ending));
    }

    fn nanos(&self, moment: Instant) -> u64 {
        let (instant, time) = self.moment;
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = since + moment.saturating_duration_since(instant);
        u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What Chroma's traces tell of a request's head. The query string stays out of it, apart from what
/// names a tenant or a database, which the span of the authorisation has.
fn of_head(head: &Parts, connection: Connection) -> Vec<Attribute> {
    let scheme = if connection.is_tls { "https" } else { "http" };
    let host = text_of(&head.headers, header::HOST).or_else(|| head.uri.authority().map(ToString::to_string));
    let target: String = head.uri.path().chars().take(attributes::TEXT_CHARS_MAX).collect();
    let flavor = match head.version {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    };
    let host = host.unwrap_or_default();
    let mut all = vec![
        Attribute::text("http.scheme", scheme),
        Attribute::text("http.host", &host),
        Attribute::text("http.flavor", flavor),
        Attribute::text("http.target", &target),
        Attribute::text("http.url", &format!("{scheme}://{host}{target}")),
        Attribute::text("http.method", head.method.as_str()),
        Attribute::text("http.server_name", host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name)),
    ];
    all.extend(connection.port.map(|port| Attribute::number("net.host.port", u64::from(port))));
    if let Some(agent) = text_of(&head.headers, header::USER_AGENT) {
        all.push(Attribute::text("http.user_agent", &agent));
    }
    if let Some(peer) = connection.peer {
        all.push(Attribute::text("net.peer.ip", &peer.ip().to_canonical().to_string()));
        all.push(Attribute::number("net.peer.port", u64::from(peer.port())));
    }
    all
}

fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
