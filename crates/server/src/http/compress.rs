//! Compressed answers, for clients that accept them and bodies that are worth it.

use std::io::Write as _;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use super::app::App;

/// Compresses the body with gzip if it is large enough for the option and the client `accepts` it.
///
/// Runs on the CPU pool. When the pool is full the answer goes out as it is.
pub(crate) async fn compress(app: &App, accepts: bool, response: Response) -> Response {
    let bytes_min = app.settings.compress_bytes_min;
    let Some(bytes) = response.body().size_hint().exact() else { return response };
    let is_coded = response.headers().contains_key(header::CONTENT_ENCODING);
    if bytes_min == 0 || bytes < bytes_min as u64 || is_coded {
        return response;
    }
    // Boxed, so that the many answers that stay as they are keep no room for it.
    Box::pin(compress_large(app, accepts, response)).await
}

async fn compress_large(app: &App, accepts: bool, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    // Whether or not it is compressed this time, a cache must keep both.
    parts.headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !accepts {
        return Response::from_parts(parts, body);
    }
    // Bodies of the API are in memory; one frame is taken without a copy.
    let Ok(whole) = body.collect().await.map(|collected| collected.to_bytes()) else {
        return Response::from_parts(parts, Body::empty());
    };
    let work = {
        let whole = whole.clone();
        move || gzip(&whole)
    };
    let Ok(Some(compressed)) = app.run(work).await else {
        return Response::from_parts(parts, Body::from(whole));
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(parts, Body::from(compressed))
}

/// None if it would not be smaller.
fn gzip(bytes: &[u8]) -> Option<Bytes> {
    // The fastest level: higher ones save a tenth of the bytes and take several times as long.
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.ok().filter(|compressed| compressed.len() < bytes.len()).map(Bytes::from)
}

/// Whether the client accepts gzip.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for item in values.flat_map(|value| value.split(',')) {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let quality = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        let is_wanted = quality.is_none_or(|quality| quality.trim().parse::<f32>().is_ok_and(|q| q > 0.0));
        match name.trim().to_ascii_lowercase().as_str() {
            // What is said about gzip itself goes before what is said about everything.
            "gzip" | "x-gzip" => return is_wanted,
            "*" => any = is_wanted,
            _ => {}
        }
    }
    any
}

#[cfg(test)]
mod tests;
