"""Prints progress and the summary, and writes the report file."""

import json
import sys

FAILURES_SHOWN = 15
MESSAGE_WIDTH = 240


def line(text):
    print(text, flush=True)


def show_progress(result, number, total):
    verdict = "FAILED" if result.failed else "ok"
    extra = f", {result.deselected} deselected" if result.deselected else ""
    extra += f", {result.local} local" if result.local else ""
    extra += f", {result.known} known to fail" if result.known else ""
    line(
        f"[{number}/{total}] {verdict:6} {result.job.title}: {result.passed} passed, {result.failed} failed, "
        f"{result.skipped} skipped{extra} in {result.seconds:.0f} s"
    )
    for failure in result.failures[:FAILURES_SHOWN]:
        line(f"    {failure['test']}: {' '.join(failure['message'].split())[:MESSAGE_WIDTH]}")
    for test in result.passes_now:
        line(f"    {test}: passes, take it out of known_failures.json")
    hidden = len(result.failures) - FAILURES_SHOWN
    if hidden > 0:
        line(f"    and {hidden} more")
    if result.failures:
        line(f"    logs: {result.directory}")


def show_table_failures(results):
    for result in results:
        for failure in result.failures:
            if failure["test"] == "(table)":
                line(f"FAILED {result.job.title}: {failure['message']}")


def write_report(path, server, preset, results, seconds):
    jobs = [
        {
            "kind": result.job.kind,
            "generation": result.job.generation,
            "name": result.job.name,
            "passed": result.passed,
            "failed": result.failed,
            "skipped": result.skipped,
            "local": result.local,
            "deselected": result.deselected,
            "known": result.known,
            "baseline": result.job.baseline,
            "seconds": round(result.seconds, 1),
            "failures": result.failures,
            "methods": result.methods,
            "tests": result.tests,
        }
        for result in results
    ]
    report = {"server": server, "preset": preset, "seconds": round(seconds, 1), "jobs": jobs}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def finish(results, seconds, path):
    """Prints the totals; returns the exit code."""
    passed, failed, skipped = (sum(getattr(r, field) for r in results) for field in ("passed", "failed", "skipped"))
    line(f"{len(results)} runs in {seconds:.0f} s, report: {path}")
    line(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.stdout.flush()
    return 1 if failed or not passed else 0
