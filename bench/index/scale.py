"""Makes docs/benchmarks/index-scale.json, .md and .svg from what `bench/scale.sh` measured.

Usage: scale.py DIRECTORY OUTPUT-DIRECTORY COMMAND
"""

import json
import sys
from pathlib import Path

from report import machine, qps_at, read, svg

RECALLS = (0.95, 0.99)


def rates(rows, what="qps"):
    return [(row["recall_at_10"], row[what]) for row in rows if row["parameters"] != "defaults"]


def shown(value):
    return f"{value:,.0f}" if value else ""


def comparisons(rows, recall):
    # The interpolation is one of rates.
    rate = qps_at([(found, 1.0 / count) for found, count in rates(rows, "comparisons")], recall)
    return rate and 1.0 / rate


def table(rows):
    heads = ["engine", "rows", "build, s: 1 thread", "2 threads", "bytes per vector"]
    heads += [f"queries per second at {recall}, {threads}" for threads in ("1 thread", "2 threads") for recall in RECALLS]
    heads += [f"comparisons at {recall}" for recall in RECALLS] + ["with defaults: recall@10", "queries per second, on the fewest threads of the row"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for key in dict.fromkeys((row["engine"], row["rows"]) for row in rows):
        own = [row for row in rows if (row["engine"], row["rows"]) == key]
        by_threads = {threads: [row for row in own if row["threads"] == threads] for threads in (1, 2)}
        builds = [f"{points[0]['build_seconds']:,.1f}" if points else "" for points in by_threads.values()]
        if key[0] != "huedb":
            builds[1] = ""
        cells = [key[0], f"{key[1]:,}", *builds, shown(own[0]["bytes_per_vector"])]
        cells += [shown(qps_at(rates(points), recall)) for points in by_threads.values() for recall in RECALLS]
        cells += [shown(comparisons(own, recall)) if "comparisons" in own[0] else "" for recall in RECALLS]
        defaults = [row for row in own if row["parameters"] == "defaults"]
        cells += [f"{defaults[0]['recall_at_10']:.4f}", shown(defaults[0]["qps"])] if defaults else ["", ""]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def growth(rows):
    """What ten times the rows cost."""
    own = [row for row in rows if row["engine"] == "huedb" and row["threads"] == 2]
    sizes = sorted({row["rows"] for row in own})
    first, last = ([row for row in own if row["rows"] == size] for size in (sizes[0], sizes[-1]))
    build = last[0]["build_seconds"] / first[0]["build_seconds"]
    line = f"From {sizes[0]:,} to {sizes[-1]:,} rows, {sizes[-1] / sizes[0]:.0f} times as many, building on two threads takes {build:.1f} times as long"
    for recall in RECALLS:
        slow, fast = qps_at(rates(last), recall), qps_at(rates(first), recall)
        few, many = comparisons(first, recall), comparisons(last, recall)
        if slow and fast:
            line += f"; at recall {recall} a search compares {many / few:.2f} times as many rows and takes {fast / slow:.2f} times as long"
    return [line + ".", ""]


def main():
    directory, output, command = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    rows = [row | {"engine": "huedb"} for row in read(directory / "scale.jsonl")]
    smallest = min(row["rows"] for row in rows)
    peers = directory / "scale.hnswlib.jsonl"
    if peers.exists():
        rows += [row | {"rows": smallest} for row in read(peers)]
    about = {"machine": machine(), "command": command}
    (output / "index-scale.json").write_text(json.dumps(about | {"rows": rows}, indent=1) + "\n")
    curves = [row | {"dataset": "scale", "engine": f"{row['engine']}, {row['rows']:,}"} for row in rows]
    curves = [row | {"threads": 1} for row in curves if row["parameters"] != "defaults" and row["threads"] == 2]
    (output / "index-scale.svg").write_text(svg(curves, "scale").replace("one thread", "two threads"))
    lines = ["# The vector index and the number of rows", ""]
    lines += [f"Made by `{command}` on {about['machine']['processor']}, {about['machine']['cores']} cores."]
    lines += Path(__file__).with_name("scale.md").read_text().splitlines() + [""]
    lines += table(rows) + [""] + growth(rows) + ["![recall against speed](index-scale.svg)"]
    (output / "index-scale.md").write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
