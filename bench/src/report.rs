//! Results as a table for the terminal, as JSON and as Markdown.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::workload::{Row, RunResult};

const MEGABYTE: f64 = 1e6;

/// The table a person reads after `run`.
pub(crate) fn table(result: &RunResult) -> String {
    let mut text = row_head();
    for row in &result.rows {
        text.push('\n');
        text.push_str(&row_line(row));
    }
    let megabytes = |bytes: Option<u64>| {
        bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{:.0} MB", bytes as f64 / MEGABYTE))
    };
    line(
        &mut text,
        format_args!(
            "\nresident memory after the bulk add {}, at the end {}; disk {}; busy for {:.1} s after the bulk add",
            megabytes(result.rss_bytes_loaded),
            megabytes(result.rss_bytes_end),
            megabytes(result.disk_bytes_loaded),
            result.settle.as_secs_f64()
        ),
    );
    text
}

fn row_head() -> String {
    format!(
        "{:<22} {:>4} {:>11} {:>9} {:>9} {:>10} {:>7} {:>10}",
        "operation", "conc", "per second", "p50 ms", "p99 ms", "CPU ms/op", "recall", "dist. err."
    )
}

pub(crate) fn row_line(row: &Row) -> String {
    let figures = Figures::of(row);
    let optional = |value: Option<f64>, digits: usize| {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
    };
    format!(
        "{:<22} {:>4} {:>11.1} {:>9.3} {:>9.3} {:>10} {:>7} {:>10}",
        row.name,
        row.concurrency,
        figures.rate,
        figures.p50_ms,
        figures.p99_ms,
        optional(figures.cpu_ms, 3),
        optional(row.accuracy.map(|accuracy| accuracy.recall), 4),
        row.accuracy
            .map_or_else(|| "-".to_owned(), |accuracy| format!("{:.1e}", accuracy.distance_error_max)),
    )
}

/// What a row says, per operation (a record, in a bulk add).
struct Figures {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_ms: Option<f64>,
}

impl Figures {
    fn of(row: &Row) -> Self {
        let operations = row.operations as f64;
        Self {
            rate: row.sample.requests_per_second() * operations,
            p50_ms: row.sample.percentile_ms(0.5),
            p99_ms: row.sample.percentile_ms(0.99),
            cpu_ms: row.sample.cpu_ms_per_request().map(|cpu| cpu / operations),
        }
    }
}

/// One run as JSON; times in milliseconds, sizes in bytes.
pub(crate) fn json(result: &RunResult) -> Value {
    let rows: Vec<Value> = result
        .rows
        .iter()
        .map(|row| {
            let figures = Figures::of(row);
            json!({
                "operation": row.name,
                "concurrency": row.concurrency,
                "requests": row.sample.latencies_ms.len(),
                "per_second": rounded(figures.rate),
                "p50_ms": rounded(figures.p50_ms),
                "p99_ms": rounded(figures.p99_ms),
                "cpu_ms_per_operation": figures.cpu_ms.map(rounded),
                "recall_at_10": row.accuracy.map(|accuracy| rounded(accuracy.recall)),
                "distance_error_max": row.accuracy.map(|accuracy| accuracy.distance_error_max),
            })
        })
        .collect();
    json!({
        "operations": rows,
        "rss_bytes_loaded": result.rss_bytes_loaded,
        "rss_bytes_end": result.rss_bytes_end,
        "disk_bytes_loaded": result.disk_bytes_loaded,
        "settle_ms": milliseconds(result.settle),
    })
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1e3)
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// The comparison of two servers as a Markdown page. `document` is what `compare` writes as JSON; the
/// first of its servers is the one whose ratios are shown.
pub(crate) fn markdown(document: &Value) -> String {
    let (ours, theirs) = (&document["servers"][0], &document["servers"][1]);
    let mut text = String::from("# Server benchmark\n");
    push_conditions(&mut text, document);
    line(
        &mut text,
        format_args!(
            "| operation | conc. | {0} /s | {1} /s | ratio | {0} p50 / p99 ms | {1} p50 / p99 ms \
             | {0} CPU ms | {1} CPU ms | {0} recall@10 | {1} recall@10 |",
            name(ours),
            name(theirs)
        ),
    );
    line(&mut text, format_args!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"));
    let rows = |server: &Value| server["median"]["operations"].as_array().cloned().unwrap_or_default();
    for (our, their) in rows(ours).iter().zip(&rows(theirs)) {
        push_row(&mut text, our, their);
    }
    push_sizes(&mut text, ours, theirs);
    text
}

fn push_conditions(text: &mut String, document: &Value) {
    let machine = &document["machine"];
    let sizes = &document["sizes"];
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    line(text, format_args!("\nMade by `{}`; do not edit.", plain(&document["command"])));
    line(
        text,
        format_args!(
            "\n- Machine: {}, {} cores, {} GiB, {}, {}; {}.\n- Versions: {}; {}; commit {}.",
            plain(&machine["processor"]),
            machine["cores"],
            machine["memory_gib"],
            plain(&machine["kernel"]),
            plain(&machine["file_system"]),
            plain(&machine["date"]),
            plain(&document["servers"][0]["version"]),
            plain(&document["servers"][1]["version"]),
            plain(&machine["commit"]),
        ),
    );
    line(
        text,
        format_args!(
            "- Data: {} records of {} numbers (clustered unit vectors, cosine), documents of 40 words, \
             5 metadata fields; {} different queries, seed {}.",
            sizes["records"], sizes["dimensions"], sizes["queries"], sizes["seed"]
        ),
    );
    line(
        text,
        format_args!(
            "- Method: the servers run in turn on empty directories; figures are medians of {} round(s). The load \
             generator shares the cores with the server. A ratio above 1 means that {} is faster. CPU is \
             the server's, per operation (per record in bulk adds, with the work done after the answer). \
             Adds wait for the disk. Recall is measured against exact neighbours.\n",
            document["rounds"],
            name(&document["servers"][0])
        ),
    );
}

fn push_row(text: &mut String, our: &Value, their: &Value) {
    let number = |row: &Value, field: &str| row[field].as_f64().unwrap_or(f64::NAN);
    let latency = |row: &Value| {
        format!("{} / {}", significant(number(row, "p50_ms")), significant(number(row, "p99_ms")))
    };
    line(
        text,
        format_args!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            our["operation"].as_str().unwrap_or_default(),
            our["concurrency"],
            significant(number(our, "per_second")),
            significant(number(their, "per_second")),
            significant(number(our, "per_second") / number(their, "per_second")),
            latency(our),
            latency(their),
            significant(number(our, "cpu_ms_per_operation")),
            significant(number(their, "cpu_ms_per_operation")),
            recall(our),
            recall(their),
        ),
    );
}

fn push_sizes(text: &mut String, ours: &Value, theirs: &Value) {
    line(text, format_args!("\n| | {} | {} |\n|---|--:|--:|", name(ours), name(theirs)));
    for (title, field, unit) in [
        ("load average of the machine before the round", "load_average_before", 1.0),
        ("resident memory after the bulk add, MB", "rss_bytes_loaded", MEGABYTE),
        ("resident memory at the end, MB", "rss_bytes_end", MEGABYTE),
        ("resident memory after a restart and one query, MB", "rss_bytes_restarted", MEGABYTE),
        ("disk after the bulk add, MB", "disk_bytes_loaded", MEGABYTE),
        ("disk at the end, MB", "disk_bytes_end", MEGABYTE),
        ("busy after the bulk add, s", "settle_ms", 1e3),
        ("start on an empty directory, ms", "start_ms", 1.0),
        ("stop, ms", "stop_ms", 1.0),
        ("start with all records, ms", "restart_ms", 1.0),
        ("first query after that start, ms", "first_query_ms", 1.0),
    ] {
        let cell = |server: &Value| significant(server["median"][field].as_f64().unwrap_or(f64::NAN) / unit);
        line(text, format_args!("| {title} | {} | {} |", cell(ours), cell(theirs)));
    }
}

fn name(server: &Value) -> &str {
    server["name"].as_str().unwrap_or("?")
}

fn recall(row: &Value) -> String {
    row["recall_at_10"].as_f64().map_or_else(|| "-".to_owned(), |recall| format!("{recall:.4}"))
}

/// Three significant digits: the rest is noise.
fn significant(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (2 - value.abs().log10().floor() as i32).max(0) as usize;
    format!("{value:.digits$}")
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    #[expect(clippy::expect_used, reason = "writing to a String cannot fail")]
    writeln!(text, "{arguments}").expect("a String takes any text");
}

#[cfg(test)]
mod tests;
