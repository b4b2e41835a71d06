"""Chromium without a window, driven through two pipes: no library, no port that others could use."""

import fcntl
import json
import os
import select
import shutil
import subprocess
import time

# A page that loads in less than a second here; a busy machine takes its time.
PATIENCE_S = 60
FLAGS = (
    "--headless=new", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check",
    # What the browser asks the world for by itself is not the page's doing.
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
)


class BrowserError(Exception):
    """The browser is not there, ended, or did not answer."""


class Browser:
    """A browser with a profile of its own. Use it as a context manager."""

    def __init__(self, directory):
        program = shutil.which("chromium")
        if program is None:
            raise BrowserError("there is no chromium: conformance/setup.sh chromium installs it")
        self._numbers = 0
        self._events = []
        self._buffer = b""
        command = [program, *FLAGS, f"--user-data-dir={directory / 'profile'}"]
        if os.geteuid() == 0:
            # Root gets no sandbox from it; the pages that it opens here are our own.
            command.append("--no-sandbox")
        (browser_reads, self._write), (self._read, browser_writes) = os.pipe(), os.pipe()
        # Out of the way of 3 and 4, where the browser expects its ends.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (browser_reads, browser_writes)]

        def hand_over():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        with open(directory / "browser.log", "wb") as log:
            self._process = subprocess.Popen(
                [*command, "about:blank"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=hand_over, pass_fds=(3, 4),
            )
        for end in (browser_reads, browser_writes, *ends):
            os.close(end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def open_page(self):
        """A new, empty page."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        return Page(self, session)

    def call(self, method, parameters=None, session=None):
        """Gives one command and returns its result."""
        self._numbers += 1
        message = {"id": self._numbers, "method": method, "params": parameters or {}}
        if session is not None:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next_message(deadline)
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._events.append(answer)

    def take_events(self, session):
        """What has happened in a page since the last call."""
        taken = [event for event in self._events if event.get("sessionId") == session]
        self._events = [event for event in self._events if event.get("sessionId") != session]
        return taken

    def _next_message(self, deadline):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, deadline - time.monotonic()))
            more = os.read(self._read, 1 << 16) if ready else None
            if not more:
                raise BrowserError("the browser has ended" if more == b"" else "the browser does not answer")
            self._buffer += more
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)


class Page:
    """One page, with everything that it asks the network for."""

    def __init__(self, browser, session):
        self._browser = browser
        self._session = session
        self.requests = []
        self.complaints = []
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._call(f"{domain}.enable")

    def go_to(self, url):
        self._call("Page.navigate", {"url": url})

    def evaluate(self, script):
        """The value of a script, which may be a promise."""
        parameters = {"expression": script, "returnByValue": True, "awaitPromise": True}
        answer = self._call("Runtime.evaluate", parameters)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, script):
        """Asks until the script gives something."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := self.evaluate(script)):
            if time.monotonic() > deadline:
                raise BrowserError(f"in vain for {PATIENCE_S} s: {script}")
            time.sleep(0.05)
        return value

    def _call(self, method, parameters=None):
        result = self._browser.call(method, parameters, self._session)
        for event in self._browser.take_events(self._session):
            self._note(event["method"], event["params"])
        return result

    def _note(self, method, parameters):
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Log.entryAdded":
            # Among the errors is what the page's content security policy has stopped; the rest is advice.
            entry = parameters["entry"]
            if entry["level"] in ("warning", "error"):
                self.complaints.append(f"{entry['text']} {entry.get('url', '')}".strip())
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
