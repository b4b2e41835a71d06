#!/usr/bin/env python3
"""Opens /docs in a browser: is everything there, does it work, and does it load from nowhere else?

Records one outcome for each check, as JSON lines.
"""

import argparse
import json
import pathlib
import sys
import urllib.parse
import urllib.request

from browser import Browser, BrowserError

METHODS = ("get", "post", "put", "patch", "delete")
GENERATIONS = ("/api/v1", "/api/v2")
# Requests that a fresh server answers with 200 as the page fills them in.
TRIALS = ("heartbeat", "heartbeat_v1", "create_collection", "list_collections_v1")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--url", required=True, help="of the server, such as http://127.0.0.1:8000")
    parser.add_argument("--record", type=pathlib.Path, required=True, help="file for the outcomes")
    return parser.parse_args()


def require(condition, message):
    if not condition:
        raise AssertionError(message)


def described(url):
    """The operations of the description: method, path and name."""
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=60) as reply:
        paths = json.load(reply)["paths"]
    return [
        (method, path, operations[method]["operationId"])
        for path, operations in paths.items()
        for method in METHODS
        if method in operations
    ]


def shown(page):
    """The operations that the page shows, in the same form."""
    return page.evaluate(
        "[...document.querySelectorAll('details.operation')].filter((item) => item.offsetHeight > 0).map((item) => ["
        "item.querySelector('.method').textContent.toLowerCase(), item.querySelector('.path').textContent, item.id])"
    )


def every_operation_of_both_generations_is_there(page, url):
    page.wait_for("document.querySelectorAll('details.operation').length > 0 && !document.getElementById('notice')")
    expected = described(url)
    for generation in GENERATIONS:
        require(any(path.startswith(generation) for _, path, _ in expected), f"{generation} is not described")
    found = [tuple(operation) for operation in shown(page)]
    require(sorted(found) == sorted(expected), f"differs: {sorted(set(found) ^ set(expected))}")


def every_operation_opens(page, url):
    page.evaluate("document.getElementById('expand').click()")
    count = len(described(url))
    page.wait_for(f"document.querySelectorAll('details[open] .inside form .send').length === {count}")
    empty = page.evaluate(
        "[...document.querySelectorAll('details.operation')]"
        ".filter((item) => !item.querySelector('pre').textContent.startsWith('curl')).map((item) => item.id)"
    )
    require(not empty, f"without a curl line: {empty}")


def words_find_an_operation(page, _url):
    find = (
        "(() => {{ const input = document.getElementById('filter'); input.value = {}; "
        "input.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
    )
    page.evaluate(find.format("'post /api/v1 query'"))
    names = [name for _, _, name in shown(page)]
    page.evaluate(find.format("''"))
    require(names and all(name.endswith("_v1") for name in names), f"found {names}")


def requests_are_sent_and_answered(page, _url):
    for name in TRIALS:
        form = f"document.getElementById('{name}').querySelector('form')"
        page.evaluate(f"{form}.requestSubmit()")
        status = page.wait_for(f"{form}.querySelector('.status-ok, .status-bad')?.textContent")
        require(status.startswith("200 "), f"{name}: {status}")


def nothing_comes_from_elsewhere(page, url):
    links = page.evaluate("[...document.querySelectorAll('[src], link[href]')].map((item) => item.src || item.href)")
    asked = [link for link in page.requests + links if not link.startswith("data:")]
    require(f"{url}/openapi.json" in asked, f"the browser did not see the page's requests: {asked}")
    origin = urllib.parse.urlsplit(url)[:2]
    elsewhere = [link for link in asked if urllib.parse.urlsplit(link)[:2] != origin]
    require(not elsewhere, f"asked for {elsewhere}")


def the_browser_has_nothing_to_complain_about(page, _url):
    require(not page.complaints, "; ".join(page.complaints))


# In this order: the last two are about what the others did.
CHECKS = (
    every_operation_of_both_generations_is_there,
    every_operation_opens,
    words_find_an_operation,
    requests_are_sent_and_answered,
    nothing_comes_from_elsewhere,
    the_browser_has_nothing_to_complain_about,
)


def main():
    arguments = parse_arguments()
    failed = False
    with open(arguments.record, "w", encoding="utf-8") as record, Browser(arguments.record.parent) as browser:
        page = browser.open_page()
        page.go_to(f"{arguments.url}/docs")
        for check in CHECKS:
            outcome = {"test": f"page::{check.__name__}", "outcome": "passed"}
            try:
                check(page, arguments.url)
            except (AssertionError, BrowserError) as problem:
                failed = True
                outcome |= {"outcome": "failed", "message": str(problem)[:2000]}
            record.write(json.dumps(outcome) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
