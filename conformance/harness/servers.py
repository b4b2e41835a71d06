"""Starts a server on a free loopback port with a data directory of its own, and stops it."""

import contextlib
import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import places

HOST = "127.0.0.1"
# Chroma's Python server imports for seconds on a busy machine.
READY_DEADLINE_S = 120
READY_POLL_S = 0.05
STOP_DEADLINE_S = 30


class ServerError(Exception):
    """The server did not start, or did not end as it must."""


@dataclasses.dataclass(frozen=True)
class HueDB:
    """A HueDB binary. It serves both generations."""

    binary: pathlib.Path
    name: str = "huedb"
    generations: tuple = places.GENERATIONS
    ready_path: str = "/api/v2/heartbeat"
    # SIGTERM must drain, flush and exit 0; anything else fails the job that used the server.
    must_stop_cleanly: bool = True
    serves_every_client: bool = True
    # What setup.sh has to install for it.
    needs: tuple = ()

    def command(self, directory, port):
        return [str(self.binary), "run", "--path", str(directory / "data"), "--host", HOST, "--port", str(port)]

    def environment(self):
        return {"PATH": "/usr/bin:/bin", "HOME": str(places.CACHE / "home"), "ALLOW_RESET": "TRUE"}


@dataclasses.dataclass(frozen=True)
class Chroma:
    """The real server of one generation, from the environment that setup.sh made."""

    generation: str
    must_stop_cleanly: bool = False
    serves_every_client: bool = False

    @property
    def name(self):
        return f"chroma-{self.generation}"

    @property
    def needs(self):
        return (f"py-{self.generation}",)

    @property
    def generations(self):
        return (self.generation,)

    @property
    def ready_path(self):
        return "/api/v1/heartbeat" if self.generation.startswith("0.") else "/api/v2/heartbeat"

    def command(self, directory, port):
        program = places.python_environment(self.generation) / "bin" / "chroma"
        if self.generation.startswith("0."):
            return [str(program), "run", "--path", str(directory / "data"), "--host", HOST, "--port", str(port)]
        # Only a configuration file can allow reset in this generation.
        configuration = directory / "chroma.yaml"
        configuration.write_text(
            f'persist_path: "{directory / "data"}"\n'
            f'listen_address: "{HOST}"\nport: {port}\nallow_reset: true\n'
        )
        return [str(program), "run", str(configuration)]

    def environment(self):
        environment = places.clean_environment(places.python_environment(self.generation) / "bin")
        return environment | {"ALLOW_RESET": "TRUE"}


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


# Every process that was started and not ended yet, so that an interrupted run can end them.
_live = set()


def start(command, environment, directory, log):
    """Starts a program in a session of its own with its output in the file `log`."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _live.add(process)
    return process


def end_group(process):
    """Kills a process and everything that it started in its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _live.discard(process)


def end_everything():
    """Kills all that this run has started; the jobs that waited for it then end by themselves."""
    for process in list(_live):
        end_group(process)


class RunningServer:
    """A started server; use as a context manager. `directory` must exist and be empty."""

    def __init__(self, kind, directory):
        self.kind = kind
        self.directory = directory
        self.port = free_port()
        self.log = directory / "server.log"

    def __enter__(self):
        command = self.kind.command(self.directory, self.port)
        self.process = start(command, self.kind.environment(), self.directory, self.log)
        try:
            self._wait_until_ready()
        except BaseException:
            end_group(self.process)
            raise
        return self

    def __exit__(self, *_):
        end_group(self.process)

    def _wait_until_ready(self):
        url = f"http://{HOST}:{self.port}{self.kind.ready_path}"
        deadline = time.monotonic() + READY_DEADLINE_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ServerError(f"the server exited with {self.process.returncode} at start: {self.last_words()}")
            try:
                with urllib.request.urlopen(url, timeout=5) as reply:
                    if reply.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass  # not listening yet
            time.sleep(READY_POLL_S)
        raise ServerError(f"no answer from {url} within {READY_DEADLINE_S} s: {self.last_words()}")

    def stop(self):
        """Ends the server with SIGTERM; raises ServerError unless it ends as its kind must."""
        code = self.process.poll()
        if code is not None:
            raise ServerError(f"the server ended during the run with code {code}: {self.last_words()}")
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            end_group(self.process)
            code = "no exit"
        if self.kind.must_stop_cleanly and code != 0:
            raise ServerError(f"SIGTERM ended the server with {code}, not 0, within {STOP_DEADLINE_S} s")

    def last_words(self):
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-3:]) or "(it printed nothing)"
