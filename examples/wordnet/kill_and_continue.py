"""Starts a server, lets wordnet.py fill it, kills it with SIGKILL in the middle, and starts both again, several
times, until all records are in. wordnet.py verifies after each restart that nothing acknowledged is missing.
"""

import argparse
import json
import os
import platform
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from wordnet import INTERRUPTED

START_SECONDS_MAX = 60


def main():
    options = parse_options()
    data = options.state / "kill-data"
    state = options.state / "kill-state"
    for directory in (data, state):
        shutil.rmtree(directory, ignore_errors=True)
    state.mkdir(parents=True)
    # The vectors do not change from run to run.
    for file in options.state.glob("vectors-*.npy"):
        shutil.copy(file, state)

    rounds = []
    kills = kill_points(options)
    server = Server(options.server, data, options.state / "server.log")
    try:
        for number, kill_at in enumerate([*kills, None]):
            rounds.append(one_round(options, state, server, number, kill_at))
    finally:
        server.kill()
        for file in state.glob("vectors-*.npy"):
            shutil.copy(file, options.state)
    report = describe(options, rounds, data)
    print("\n" + report)
    if options.report:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(report)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--server", type=Path, default=Path("target/release/huedb"), help="default: %(default)s")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, help="write the figures to this Markdown file")
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    options = parser.parse_args()
    if not options.server.exists():
        sys.exit(f"no server at {options.server}; build it with: cargo build --release")
    return options


def kill_points(options):
    """How many records are acknowledged when each kill falls: one in each equal part of the run."""
    chance = random.Random(options.seed)
    part = options.count / (options.kills + 1)
    return [int(part * (number + 0.25 + 0.5 * chance.random())) for number in range(options.kills)]


def one_round(options, state, server, number, kill_at):
    """Starts the server, runs the script, kills the server once `kill_at` records are acknowledged."""
    start_ms = server.start()
    until = f"killed at {kill_at:,}" if kill_at else "to the end"
    print(f"\n--- start {number + 1} of the server ({start_ms:.0f} ms), {until}", flush=True)
    script = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("wordnet.py"), "--url", server.url, "--state", state]
        + ["--wordnet", options.wordnet, "--count", str(options.count), "--batch", str(options.batch)]
    )
    try:
        if kill_at:
            while acknowledged(state) < kill_at and script.poll() is None:
                time.sleep(0.001)
            # Not always at the same moment of a request.
            time.sleep(random.Random(options.seed + number).random() * 0.02)
            server.kill()
        status = script.wait()
    finally:
        if script.poll() is None:
            script.kill()
    expected = INTERRUPTED if kill_at else 0
    if status != expected:
        sys.exit(f"wordnet.py ended with status {status}, expected {expected}")
    summary_path = state / "summary.json"
    summary = json.loads(summary_path.read_text())
    return {"start_ms": start_ms, "acknowledged": acknowledged(state), "killed": bool(kill_at), **summary}


def acknowledged(state):
    path = state / "acknowledged.jsonl"
    lines = path.read_text().split("\n")[1:-1] if path.exists() else []
    return json.loads(lines[-1])["records"] if lines else 0


class Server:
    def __init__(self, binary, data, log):
        self.binary, self.data, self.log = binary, data, log
        self.process = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Returns the milliseconds until the server answered."""
        begin = time.monotonic()
        command = [self.binary, "run", "--path", self.data, "--host", "127.0.0.1", "--port", str(self.port)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        while time.monotonic() - begin < START_SECONDS_MAX:
            if self.process.poll() is not None:
                sys.exit(f"the server ended with status {self.process.returncode}; see {self.log}")
            try:
                with urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=5):
                    return (time.monotonic() - begin) * 1e3
            except OSError:
                time.sleep(0.002)
        sys.exit(f"the server does not answer; see {self.log}")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def describe(options, rounds, data):
    last = rounds[-1]
    version = subprocess.run([options.server, "version"], capture_output=True, text=True).stdout.strip()
    size = sum(file.stat().st_blocks * 512 for file in data.rglob("*") if file.is_file())
    lines = [
        "# WordNet: real sentences, and a server killed in the middle",
        "",
        f"Made by `examples/wordnet/kill_and_continue.sh` on {time.strftime('%Y-%m-%d', time.gmtime())}; do not edit.",
        "",
        f"- {options.count:,} glosses of WordNet, embedded by all-MiniLM-L6-v2 (384 numbers), added in batches of "
        f"{options.batch} with the Python client of Chroma 1.5.9, one connection.",
        f"- Server: {version or options.server.name}; {processor()}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.release()}; load average at the end {os.getloadavg()[0]:.1f}.",
        f"- {options.kills} times SIGKILL in the middle of the adds, seed {options.seed}.",
        "",
        "| start | ready after, ms | acknowledged before, all verified | more from the request cut off "
        "| acknowledged at the kill |",
        "|--:|--:|--:|--:|--:|",
    ]
    for number, one in enumerate(rounds, 1):
        when = f"{one['acknowledged']:,}" if one["killed"] else "not killed"
        before = f"{one['verified']:,} | {one['unacknowledged']}"
        lines.append(f"| {number} | {one['start_ms']:.0f} | {before} | {when} |")
    lines += [
        "",
        f"- After each restart every acknowledged record was read back and compared (id, document, metadata, "
        f"embedding within 1e-6). Missing or changed: 0. A request cut off by a kill is there whole or not at all. "
        f"The last time {last['verified']:,} records were verified in {last.get('verify_seconds', 0)} s.",
        f"- Last part of the adds: {last['added']:,} records in {last['add_seconds']} s "
        f"({last['added'] / max(last['add_seconds'], 0.01):,.0f} a second, client included).",
        f"- Questions with and without filters: {last['question_ms_median']} ms each (median, client included).",
        f"- Recall@10 of 100 stored records against exact search: {last['recall']:.3f}.",
        f"- Disk at the end: {size / 1e6:.1f} MB.",
    ]
    return "\n".join(lines) + "\n"


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
