//! The Markdown of the measurement.

use std::fmt::Write as _;

use serde_json::Value;

/// The page.
pub(super) fn markdown(document: &Value) -> String {
    let mut page = head(document);
    for case in list(&document["cases"]) {
        let _ = write!(page, "\n## {}\n\n", text(&case["name"]));
        page.push_str(
            "| tracing | requests /s | slower, % | quartiles | p50 / p99 ms | server CPU, us | more CPU, % |\n\
             |---|--:|--:|--:|--:|--:|--:|\n",
        );
        for row in list(&case["rows"]) {
            let quartiles = &row["slower_percent_quartiles"];
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} to {} | {} / {} | {} | {} |",
                text(&row["mode"]),
                number(&row["requests_per_second"], 0),
                number(&row["slower_percent"], 1),
                number(&quartiles[0], 1),
                number(&quartiles[1], 1),
                number(&row["p50_ms"], 3),
                number(&row["p99_ms"], 3),
                number(&row["server_cpu_us"], 0),
                number(&row["more_cpu_percent"], 1),
            );
        }
    }
    page.push_str(
        "\n## Spans\n\n| tracing | exported | dropped | memory after the load, MB |\n|---|--:|--:|--:|\n",
    );
    for row in list(&document["spans"]) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            text(&row["mode"]),
            number(&row["exported"], 0),
            number(&row["dropped"], 0),
            megabytes(&row["rss_bytes_after"]),
        );
    }
    rest(&mut page, document);
    page
}

fn head(document: &Value) -> String {
    let machine = &document["machine"];
    format!(
        "# Benchmark of tracing\n\n\
         Made by `{}`; do not edit.\n\n\
         - Machine: {}, {} cores, {} GiB, {}; {}; load average before: {}.\n\
         - Version: {}, commit {}.\n\
         - Data: {} records of {} dimensions, the same in every server.\n\
         - Method: {} rounds of {} s a case, in which the servers take turns; medians of the rounds. \
         \"Slower\" compares each turn with the turn without tracing in the same round, the quartiles are those of the rounds, \
         and `off, again` is a second server without tracing: its distance from 0 is the noise. \
         Spans go to {}, which shares the cores with the servers and the load generator.\n",
        text(&document["command"]),
        text(&machine["processor"]),
        machine["cores"],
        machine["memory_gib"],
        text(&machine["kernel"]),
        text(&machine["date"]),
        number(&document["load_average_before"], 2),
        text(&document["version"]),
        text(&machine["commit"]),
        document["records"],
        document["dimensions"],
        document["rounds"],
        document["seconds"],
        text(&document["collector"]),
    )
}

/// Starts, memory at rest and the image.
fn rest(page: &mut String, document: &Value) {
    page.push_str(
        "\n## Start and memory at rest\n\n\
         Start is from the start of the process to the first answer, for which the data must be open; medians.\n\n\
         | tracing | records | start, ms | memory, MB |\n|---|--:|--:|--:|\n",
    );
    for row in list(&document["idle"]) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            text(&row["mode"]),
            row["records"],
            number(&row["start_ms"], 1),
            megabytes(&row["rss_bytes"]),
        );
    }
    page.push_str("\n## Image\n\n");
    let image = &document["image"];
    if image.is_null() {
        page.push_str("Not measured: no Docker Engine or no image.\n");
        return;
    }
    let _ = writeln!(
        page,
        "| image | revision | size, MB | `docker run` to the first answer, ms | memory at rest, MB |\n\
         |---|---|--:|--:|--:|\n\
         | {} | {} | {} | {} | {} |",
        text(&image["image"]),
        text(&image["revision"]).get(..8).unwrap_or("?"),
        megabytes(&image["bytes"]),
        number(&image["start_ms"], 0),
        megabytes(&image["idle_rss_bytes"]),
    );
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn number(value: &Value, digits: usize) -> String {
    value.as_f64().map_or_else(|| "-".to_owned(), |number| format!("{number:.digits$}"))
}

fn megabytes(value: &Value) -> String {
    value.as_f64().map_or_else(|| "-".to_owned(), |bytes| format!("{:.1}", bytes / 1e6))
}
