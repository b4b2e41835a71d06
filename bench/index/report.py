"""Makes docs/benchmarks/index.json, index.md and index-NAME.svg from the rows of a run.

Usage: report.py ROWS.jsonl FILTERS.jsonl OUTPUT-DIRECTORY COMMAND
"""

import importlib.metadata
import json
import math
import os
import platform
import sys
import tomllib
from pathlib import Path

RECALLS = (0.9, 0.95, 0.99, 0.999)
COLOURS = ("#c0392b", "#2980b9", "#27ae60", "#8e44ad", "#d68910", "#16a085", "#7f8c8d", "#2c3e50")
PACKAGES = ("hnswlib", "faiss-cpu", "usearch", "voyager", "scalable-vs", "qdrant-edge-py", "numpy")
TARGETS = {"fashion": 4.8, "minilm": 4.0, "wink": 2.5}


def qps_at(points, recall):
    """Queries per second at `recall`: log-linear between the measured points; None above the best of them.

    Below the first point it is that point's speed, which then is too low rather than too high."""
    points = sorted(points)
    frontier = []
    for found, qps in reversed(points):
        if not frontier or qps > frontier[-1][1]:
            frontier.append((found, qps))
    frontier.reverse()
    if not frontier or recall > frontier[-1][0]:
        return None
    if recall <= frontier[0][0]:
        return frontier[0][1]
    for (low, fast), (high, slow) in zip(frontier, frontier[1:]):
        if low <= recall <= high:
            share = (recall - low) / (high - low) if high > low else 0.0
            return math.exp(math.log(fast) + share * (math.log(slow) - math.log(fast)))
    return None


def curves(rows, dataset, threads):
    result = {}
    for row in rows:
        if row["dataset"] == dataset and row["threads"] == threads:
            result.setdefault(row["engine"], []).append((row["recall_at_10"], row["qps"]))
    result.pop("huedb with defaults", None)
    return result


def table(rows, dataset):
    first = next(row for row in rows if row["dataset"] == dataset)
    lines = [f"## {dataset}, {first['dimensions']} dimensions", ""]
    heads = [f"{recall}, {threads} thread{'s' if threads > 1 else ''}" for threads in (1, 2) for recall in RECALLS]
    lines.append("| engine | " + " | ".join(heads) + " | build, s | bytes per vector |")
    lines.append("|---|" + "---|" * (len(heads) + 2))
    both = {threads: curves(rows, dataset, threads) for threads in (1, 2)}
    for engine in both[1]:
        cells = []
        for threads in (1, 2):
            for recall in RECALLS:
                qps = qps_at(both[threads].get(engine, []), recall)
                cells.append("" if qps is None else f"{qps:,.0f}")
        row = next(row for row in rows if row["dataset"] == dataset and row["engine"] == engine)
        size = "" if row["bytes_per_vector"] is None else f"{row['bytes_per_vector']:,.0f}"
        lines.append(f"| {engine} | " + " | ".join(cells) + f" | {row['build_seconds']:.1f} | {size} |")
    lines.append("")
    lines += ratios(both[1], dataset) + costs(rows, dataset)
    for row in rows:
        if row["dataset"] == dataset and row["engine"] == "huedb with defaults":
            lines.append(
                f"With the defaults of a collection ({row['parameters']}): recall@10 {row['recall_at_10']:.4f} "
                f"at {row['qps']:,.0f} queries per second, built in {row['build_seconds']:.1f} s.\n"
            )
    return lines + [f"![recall against speed](index-{dataset}.svg)", ""]


def ratios(one_thread, dataset):
    ours = one_thread.get("huedb", [])
    peers = {engine: points for engine, points in one_thread.items() if not engine.startswith("huedb")}
    lines = []
    for recall in RECALLS[1:]:
        own = qps_at(ours, recall)
        speeds = {engine: qps_at(points, recall) for engine, points in peers.items()}
        speeds = {engine: speed for engine, speed in speeds.items() if speed}
        if own is None or not speeds:
            continue
        parts = []
        if "hnswlib" in speeds:
            target = TARGETS.get(dataset)
            parts.append(f"{own / speeds['hnswlib']:.2f} times hnswlib (goal {target})")
        best = max(speeds, key=speeds.get)
        parts.append(f"{own / speeds[best]:.2f} times the fastest other, {best} (goal 1.5)")
        through, beside = (qps_at(one_thread.get(f"huedb {name}", []), recall) for name in ("collection", "in turns"))
        if through and beside:
            parts.append(f"a collection reaches {through / beside:.0%} of the bare index in turns with it (goal 85%)")
        lines.append(f"- At recall {recall}: " + "; ".join(parts) + ".")
    return lines


def costs(rows, dataset):
    """Building time and memory beside hnswlib's."""
    first = {}
    for row in rows:
        if row["dataset"] == dataset:
            first.setdefault(row["engine"], row)
    if not {"huedb", "huedb with defaults", "hnswlib"} <= first.keys():
        return []
    own, fast, other = first["huedb"], first["huedb with defaults"], first["hnswlib"]
    seconds, size = other["build_seconds"], other["bytes_per_vector"]
    return [
        f"- Building takes {own['build_seconds'] / seconds:.2f} of hnswlib's time, with a collection's `construction_ef` of "
        f"100 {fast['build_seconds'] / seconds:.2f} (goal 0.5); graph and codes take {own['bytes_per_vector'] / size:.2f} of "
        "its memory (goal 0.5).",
        "",
    ]


def filter_table(rows):
    if not rows:
        return []
    lines = ["## Filters", "", "One thread, `ef_search` 100, 300 queries. HueDB is given the filter as a bitmap; qdrant-edge"]
    lines += ["evaluates a range over an indexed integer, and its speed is per second of processor time.", ""]
    lines += ["| data set | filter | rows that pass | recall@10 | queries per second | plan | qdrant-edge: recall@10 | queries per second | ratio |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    key = lambda row: (row["dataset"], row["filter"], row["percent"])
    others = {key(row): row for row in rows if row["engine"] != "huedb"}
    for row in rows:
        if row["engine"] != "huedb":
            continue
        line = f"| {row['dataset']} | {row['filter']} | {row['percent']}% | {row['recall_at_10']:.4f} | {row['qps']:,.0f} | {row['plans']} |"
        if other := others.get(key(row)):
            line += f" {other['recall_at_10']:.4f} | {other['qps']:,.0f} | {row['qps'] / other['qps']:.1f} |"
        else:
            line += " | | |"
        lines.append(line)
    return lines + [""]


def svg(rows, dataset):
    """Speed on a logarithmic scale over recall, on one that stretches towards 1."""
    width, height, left, bottom, right = 760, 460, 70, 50, 170
    plot_width, plot_height = width - left - right, height - bottom - 30
    data = curves(rows, dataset, 1)
    speeds = [qps for points in data.values() for recall, qps in points if recall >= 0.8]
    low, high = math.log10(min(speeds)), math.log10(max(speeds))

    def x(recall):
        place = -math.log10(max(1.0 - recall, 0.0005))
        start, end = -math.log10(0.2), -math.log10(0.0005)
        return left + plot_width * (place - start) / (end - start)

    def y(qps):
        return 30 + plot_height * (1 - (math.log10(qps) - low) / max(high - low, 0.01))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="18" font-size="14">{dataset}: queries per second, one thread, over recall@10</text>',
    ]
    for recall in (0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999):
        parts.append(f'<line x1="{x(recall):.1f}" x2="{x(recall):.1f}" y1="30" y2="{30 + plot_height}" stroke="#ddd"/>')
        parts.append(f'<text x="{x(recall):.1f}" y="{50 + plot_height}" text-anchor="middle">{recall}</text>')
    for exponent in range(math.floor(low), math.ceil(high) + 1):
        for factor in (1, 2, 5):
            qps = factor * 10**exponent
            if low <= math.log10(qps) <= high:
                parts.append(f'<line x1="{left}" x2="{left + plot_width}" y1="{y(qps):.1f}" y2="{y(qps):.1f}" stroke="#ddd"/>')
                parts.append(f'<text x="{left - 6}" y="{y(qps) + 4:.1f}" text-anchor="end">{qps:,}</text>')
    for number, (engine, points) in enumerate(data.items()):
        colour = COLOURS[number % len(COLOURS)]
        shown = sorted(point for point in points if point[0] >= 0.8)
        path = " ".join(f"{x(recall):.1f},{y(qps):.1f}" for recall, qps in shown)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(recall):.1f}" cy="{y(qps):.1f}" r="3" fill="{colour}"/>' for recall, qps in shown]
        row = 40 + number * 18
        parts.append(f'<rect x="{width - right + 14}" y="{row}" width="12" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{width - right + 32}" y="{row + 6}">{engine}</text>')
    return "\n".join([*parts, "</svg>", ""])


def machine():
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    return {"processor": model, "cores": os.cpu_count(), "system": platform.platform()}


def versions():
    lock = tomllib.loads((Path(__file__).parent / "diskann" / "Cargo.lock").read_text())
    found = {package["name"]: package["version"] for package in lock["package"] if package["name"] == "diskann"}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def read(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines() if line.startswith("{")]


def main():
    rows, filters, output, command = read(sys.argv[1]), read(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    about = {"machine": machine(), "versions": versions(), "command": command}
    (output / "index.json").write_text(json.dumps(about | {"rows": rows, "filters": filters}, indent=1) + "\n")
    lines = ["# Vector index", "", f"Made by `{command}` on {about['machine']['processor']}, {os.cpu_count()} cores."]
    lines += ["Columns are queries per second at that recall@10, interpolated between the measured points; a search faster"]
    lines += ["than its least accurate point is counted at that point. *In turns* is the bare index measured in turns with"]
    lines += ["a collection, where each finds less of its own in the caches than alone. Versions: "]
    lines[-1] += ", ".join(f"{name} {version}" for name, version in about["versions"].items()) + "."
    lines += ["hnswlib is compiled from source for this processor; building is on one thread.", ""]
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        lines += table(rows, dataset)
        (output / f"index-{dataset}.svg").write_text(svg(rows, dataset))
    lines += filter_table(filters)
    notes = Path(__file__).with_name("notes.md")
    if notes.exists():
        lines += notes.read_text().splitlines()
    (output / "index.md").write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
