"""Runs every check with the installed chromadb client and records each outcome as a JSON line.

usage: run_checks.py --host HOST --port PORT --client sync|async --record FILE
"""

import argparse
import asyncio
import json
import time
import traceback

import collections_checks
import query_checks
import records_checks
import releases_checks
import tenancy_checks
from session import Session, Skipped

MODULES = (collections_checks, records_checks, query_checks, tenancy_checks, releases_checks)


async def outcome_of(check, session):
    """(outcome, message) of one check."""
    try:
        await check(session)
    except Skipped as reason:
        return "skipped", str(reason)
    except AssertionError as error:
        return "failed", str(error) or traceback.format_exc(limit=-1)
    except Exception as error:  # a check that breaks is a check that fails; the others go on
        place = traceback.extract_tb(error.__traceback__)[1:2]
        where = f" (line {place[0].lineno} of {check.__name__})" if place else ""
        return "failed", f"{type(error).__name__}: {error}{where}"
    return "passed", ""


async def run(arguments):
    session = await Session.open(arguments.host, arguments.port, arguments.client == "async")
    with open(arguments.record, "a", encoding="utf-8") as record:
        for module in MODULES:
            for check in module.CHECKS:
                begin = time.monotonic()
                outcome, message = await outcome_of(check, session)
                line = {
                    "test": f"{module.__name__.removesuffix('_checks')}::{check.__name__}",
                    "outcome": outcome,
                    "seconds": round(time.monotonic() - begin, 3),
                }
                if message:
                    line["message"] = message
                record.write(json.dumps(line) + "\n")
                record.flush()
        record.write(json.dumps({"methods": session.watch.methods}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--client", required=True, choices=("sync", "async"))
    parser.add_argument("--record", required=True)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
