"""Makes docs/benchmarks/index-ablation.json and .md: what each part of the index brings.

Usage: ablate.py BINARIES DIRECTORY OUTPUT-DIRECTORY COMMAND DATA-SET ...

BINARIES holds one build of huedb-index-bench for each patch in ablation/, and `full`. All of them stay in memory, each
with its graph, and take turns, so that a machine that gets slower does so for all of them.
"""

import json
import random
import statistics
import subprocess
import sys
from pathlib import Path

from report import machine, qps_at

RECALLS = (0.95, 0.99, 0.999)
ROUNDS = 12
BUILDS = 2
# The same build in another process: how far it is from the first is what chance does.
CONTROL = "control"
# The same build over rows in another order.
ORDER = "order"
DESCRIPTIONS = {
    "full": "nothing",
    CONTROL: "nothing, measured once more",
    ORDER: "nothing, but rows lie in the order in which a walk in breadth along the links meets them",
}


class Turns:
    """A build of the index that waits for its turn."""

    def __init__(self, binaries, directory, name, dataset):
        mode = "turns-reordered" if name == ORDER else "turns"
        program = Path(binaries) / (name if name not in (CONTROL, ORDER) else "full")
        self.process = subprocess.Popen(
            [program, mode, directory, dataset], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.builds = [self._answer()]
        self.rounds = []

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended early")
        return json.loads(line)

    def _ask(self, turn):
        self.process.stdin.write(turn + "\n")
        self.process.stdin.flush()
        return self._answer()

    def build(self):
        self.builds.append(self._ask("build"))

    def points(self):
        self.found = self._ask("points")["points"]

    def round(self):
        self.rounds.append(self._ask("round")["seconds"])

    def result(self, queries):
        self.process.stdin.close()
        self.process.wait()
        for at, point in enumerate(self.found):
            seconds = [seconds[at] for seconds in self.rounds]
            point["qps"], point["qps_median"] = queries / min(seconds), queries / statistics.median(seconds)
        builds = [build["build_seconds"] for build in self.builds]
        return {"points": self.found, "build_seconds": builds, "bytes_per_vector": self.builds[0]["bytes_per_vector"]}


def measure(binaries, directory, dataset, names):
    queries = json.loads((Path(directory) / f"{dataset}.json").read_text())["queries"]
    turns = {}
    for name in names:
        print(f"{dataset}: building {name}", file=sys.stderr)
        turns[name] = Turns(binaries, directory, name, dataset)
    for turn in turns.values():
        turn.points()
    order = random.Random(1)
    for number in range(ROUNDS):
        print(f"{dataset}: round {number + 1} of {ROUNDS}", file=sys.stderr)
        for name in order.sample(names, len(names)):
            turns[name].round()
    for _ in range(BUILDS - 1):
        for name in order.sample(names, len(names)):
            turns[name].build()
    return {name: turn.result(queries) for name, turn in turns.items()}


def at(result, recall, what="qps"):
    """What a variant does at a recall, between the measured points."""
    return qps_at([(point["recall"], point[what]) for point in result["points"]], recall)


def comparisons_at(result, recall):
    # Fewer are better, as with seconds; the interpolation is one of rates.
    rate = qps_at([(point["recall"], 1.0 / point["comparisons"]) for point in result["points"]], recall)
    return rate and 1.0 / rate


def table(dataset, results, descriptions):
    full = results["full"]
    lines = [f"## {dataset}", ""]
    heads = [f"queries per second at {recall}" for recall in RECALLS]
    lines.append("| taken away | " + " | ".join(heads) + " | comparisons at 0.99 | build, s | bytes per vector |")
    lines.append("|---|" + "---|" * (len(RECALLS) + 3))
    for name, result in results.items():
        cells = []
        for recall in RECALLS:
            own, whole = at(result, recall), at(full, recall)
            cells.append(f"{own:,.0f} ({own / whole:.2f})" if own and whole else "")
        count = comparisons_at(result, 0.99)
        cells.append(f"{count:,.0f}" if count else "")
        seconds = min(result["build_seconds"])
        cells.append(f"{seconds:.1f} ({seconds / min(full['build_seconds']):.2f})")
        cells.append(f"{result['bytes_per_vector']:,.0f}")
        lines.append(f"| {descriptions[name]} | " + " | ".join(cells) + " |")
    return lines + [""]


def verdict(results, descriptions):
    """Names the parts without which nothing gets slower by more than chance does."""
    full = results["full"]

    def ratios(name):
        pairs = [(at(results[name], recall), at(full, recall)) for recall in RECALLS]
        return [own / whole for own, whole in pairs if own and whole]

    chance = max([abs(1.0 - ratio) for ratio in ratios(CONTROL)] + [0.03])
    nothing = [name for name in results if name not in ("full", CONTROL, ORDER) and min(ratios(name)) >= 1.0 - chance]
    lines = [f"What differs by less than {chance:.0%} here may be chance, judging from the build measured twice. "]
    lines[0] += "By that measure searches lose nothing at any of the three recalls without: "
    lines[0] += ("; ".join(descriptions[name] for name in nothing) or "none of the parts") + "."
    gain = max(ratios(ORDER))
    lines.append(f"Another order of the rows {'brings up to' if gain > 1 + chance else 'brings nothing: at best'} {gain:.2f}.")
    return lines + [""]


def main():
    binaries, directory, output, command = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]
    patches = sorted((Path(__file__).parent / "ablation").glob("*.patch"))
    # A patch begins with a line that says what it takes away.
    descriptions = DESCRIPTIONS | {patch.stem: patch.read_text().splitlines()[0] for patch in patches}
    names = ["full", CONTROL, *(patch.stem for patch in patches), ORDER]
    results = {dataset: measure(binaries, directory, dataset, names) for dataset in sys.argv[5:]}
    about = {"machine": machine(), "command": command, "rounds": ROUNDS, "builds": BUILDS}
    parts = {"descriptions": descriptions, "results": results}
    (output / "index-ablation.json").write_text(json.dumps(about | parts, indent=1) + "\n")
    lines = ["# What each part of the vector index brings", ""]
    lines += [f"Made by `{command}` on {about['machine']['processor']}, {about['machine']['cores']} cores."]
    lines += ["Each row is the index without one of its parts; in brackets the ratio to the whole one."]
    lines += ["Queries per second are those of one thread at that recall@10, interpolated between measured points; all builds"]
    lines += [f"took turns, and of {ROUNDS} rounds over all queries the fastest counts. Building is on one thread, the faster of"]
    lines += [f"{BUILDS}. The medians are in [index-ablation.json](index-ablation.json).", ""]
    for dataset, result in results.items():
        lines += table(dataset, result, descriptions) + verdict(result, descriptions)
    (output / "index-ablation.md").write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
