//! The Markdown of the measurement.

use serde_json::Value;

/// The page.
pub(super) fn markdown(document: &Value) -> String {
    let machine = &document["machine"];
    let mut lines = vec![
        "# Benchmark of authentication\n".to_owned(),
        format!("Made by `{}`; do not edit.\n", text(&document["command"])),
        format!(
            "- Machine: {}, {} cores, {} GiB, {}; {}; load average before: {}.",
            text(&machine["processor"]),
            machine["cores"],
            machine["memory_gib"],
            text(&machine["kernel"]),
            text(&machine["date"]),
            number(&document["load_average_before"]),
        ),
        format!("- Version: {}, commit {}.", text(&document["version"]), text(&machine["commit"])),
        format!(
            "- Method: `{}` on one kept-alive connection; {} rounds of {} requests, in which the servers take \
             turns; medians of the rounds' medians. The load generator shares the cores.\n",
            text(&document["route"]),
            document["rounds"],
            document["requests"]
        ),
        "| authentication | request, us | more than none, us | server CPU, us |\n|---|--:|--:|--:|"
            .to_owned(),
    ];
    for row in document["overhead"].as_array().into_iter().flatten() {
        lines.push(format!(
            "| {} | {} | {} | {} |",
            text(&row["mode"]),
            number(&row["request_us"]),
            number(&row["more_than_none_us"]),
            number(&row["server_cpu_us"])
        ));
    }
    lines.extend(guesses(document));
    lines.push(
        "\nHeartbeats, 200 a second, while wrong logins arrive, each with another password or token; latencies \
         count from the moment at which a request was due.\n\n\
         | authentication | addresses | wrong logins /s | answers | login p50 / p99 ms | heartbeat p50 / p99 / max ms |\n\
         |---|--:|--:|---|--:|--:|"
            .to_owned(),
    );
    for row in document["wrong_logins"].as_array().into_iter().flatten() {
        let answers: Vec<_> = row["login_statuses"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(status, count)| format!("{count} x {status}"))
            .collect();
        lines.push(format!(
            "| {} | {} | {} | {} | {} / {} | {} / {} / {} |",
            text(&row["mode"]),
            row["sources"],
            number(&row["logins_per_second"]),
            if answers.is_empty() { "-".to_owned() } else { answers.join(", ") },
            number(&row["login_p50_ms"]),
            number(&row["login_p99_ms"]),
            number(&row["heartbeat_p50_ms"]),
            number(&row["heartbeat_p99_ms"]),
            number(&row["heartbeat_max_ms"])
        ));
    }
    lines.join("\n") + "\n"
}

/// The table of refused logins.
fn guesses(document: &Value) -> Vec<String> {
    let mut lines = vec![
        "\nRefused logins one after another, each with another password; a user's and strangers' take turns.\n\n\
         | guess | tries | p10, ms | median, ms | p90, ms |\n|---|--:|--:|--:|--:|"
            .to_owned(),
    ];
    for row in document["guesses"].as_array().into_iter().flatten() {
        lines.push(format!(
            "| {} | {} | {} | {} | {} |",
            text(&row["guess"]),
            row["tries"],
            number(&row["p10_ms"]),
            number(&row["median_ms"]),
            number(&row["p90_ms"])
        ));
    }
    lines
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn number(value: &Value) -> String {
    value.as_f64().map_or_else(|| "-".to_owned(), |number| format!("{number:.2}"))
}
