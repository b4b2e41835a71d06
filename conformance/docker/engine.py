"""Docker as the checks use it: commands, containers, volumes and networks that are gone afterwards."""

import contextlib
import json
import os
import pathlib
import shlex
import subprocess
import time
import urllib.error
import urllib.request
import uuid

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = pathlib.Path(os.environ.get("HUEDB_CACHE") or REPOSITORY / ".cache") / "docker"
SCRIPTS = REPOSITORY / "scripts" / "docker"
IMAGE = "huedb:test"
# Everything that a run makes carries this label, so that it can be found and removed.
LABEL = f"huedb-test={os.getpid()}"
READY_DEADLINE_S = 60
POLL_S = 0.01


class CheckFailed(Exception):
    """What was found is not what must hold."""


def require(holds, text):
    if not holds:
        raise CheckFailed(text)


def fresh_name(kind):
    return f"huedb-test-{kind}-{uuid.uuid4().hex[:8]}"


def start_engine():
    """Installs and starts Docker if needed; returns the environment for its client."""
    program = SCRIPTS / "install-engine.sh"
    exports = subprocess.run([str(program)], stdout=subprocess.PIPE, text=True, check=True).stdout
    command = f"{exports}\nexec env -0"
    printed = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, check=True).stdout
    variables = (entry.split("=", 1) for entry in printed.decode().split("\0") if "=" in entry)
    os.environ.update(dict(variables))


def docker(*arguments, check=True, timeout=300, input="", **options):
    """Runs a docker command; returns the finished process with its output as text."""
    done = subprocess.run(
        ["docker", *map(str, arguments)], input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=timeout, **options,
    )
    if check and done.returncode != 0:
        raise CheckFailed(f"docker {shlex.join(map(str, arguments))}: {done.stderr.strip() or done.stdout.strip()}")
    return done


def inspect(name):
    return json.loads(docker("inspect", name).stdout)[0]


class Answer:
    """Status, headers and body of an HTTP answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.text = body.decode(errors="replace")

    def json(self):
        return json.loads(self.text)


def call(url, body=None, headers=None, method=None):
    """One HTTP request; statuses of errors are answers too."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return Answer(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


class Container:
    """A container of the image under test; use as a context manager."""

    def __init__(self, *command, options=(), image=IMAGE, port=8000):
        self.name = fresh_name("container")
        self.command = command
        self.options = options
        self.image = image
        self.inner_port = port

    def __enter__(self):
        self.begin = time.monotonic()
        publish = () if "--network=host" in self.options else ("-p", f"127.0.0.1::{self.inner_port}")
        docker(
            "run", "-d", "--name", self.name, "--label", LABEL, *publish, *self.options, self.image, *self.command,
        )
        return self

    def __exit__(self, *_):
        docker("rm", "-f", "-v", self.name, check=False)

    @property
    def port(self):
        printed = docker("port", self.name, f"{self.inner_port}/tcp").stdout
        return int(printed.splitlines()[0].rsplit(":", 1)[1])

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_until_ready(self):
        """Returns the seconds from `docker run` to the first heartbeat."""
        while time.monotonic() - self.begin < READY_DEADLINE_S:
            require(self.state()["Running"], f"the container ended: {self.logs()}")
            with contextlib.suppress(OSError):
                if call(self.url("/api/v2/heartbeat")).status == 200:
                    return time.monotonic() - self.begin
            time.sleep(POLL_S)
        raise CheckFailed(f"no heartbeat within {READY_DEADLINE_S} s: {self.logs()}")

    def state(self):
        return inspect(self.name)["State"]

    def logs(self):
        done = docker("logs", self.name)
        return done.stdout + done.stderr

    def stop(self):
        """Returns the seconds that a stop took and the exit code."""
        begin = time.monotonic()
        docker("stop", self.name)
        return time.monotonic() - begin, self.state()["ExitCode"]

    def process_status(self):
        """Fields of the main process as the kernel shows them outside the container."""
        text = pathlib.Path(f"/proc/{self.state()['Pid']}/status").read_text()
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


@contextlib.contextmanager
def running(*command, options=()):
    """A container that answers."""
    with Container(*command, options=options) as container:
        container.wait_until_ready()
        yield container


@contextlib.contextmanager
def volume():
    name = fresh_name("volume")
    docker("volume", "create", "--label", LABEL, name)
    try:
        yield name
    finally:
        docker("volume", "rm", "-f", name, check=False)


@contextlib.contextmanager
def network():
    name = fresh_name("network")
    docker("network", "create", "--label", LABEL, name)
    try:
        yield name
    finally:
        docker("network", "rm", name, check=False)


def remove_leftovers():
    """Removes what this run has made and an interruption has left."""
    for name in docker("ps", "-aq", "--filter", f"label={LABEL}").stdout.split():
        docker("rm", "-f", "-v", name, check=False)
    for kind in ("volume", "network"):
        for name in docker(kind, "ls", "-q", "--filter", f"label={LABEL}").stdout.split():
            docker(kind, "rm", name, check=False)


def refusal(*command, options=(), image=IMAGE):
    """Runs a container that must end by itself with an error; returns code and what it printed."""
    name = fresh_name("refused")
    done = docker("run", "--name", name, "--label", LABEL, *options, image, *command, check=False, timeout=60)
    docker("rm", "-f", "-v", name, check=False)
    return done.returncode, done.stdout + done.stderr
