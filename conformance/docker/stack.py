"""The compose files of this repository, with local images in the place of public ones."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from engine import IMAGE, REPOSITORY, SCRIPTS, CheckFailed, call, docker, require

FIXTURES = pathlib.Path(__file__).resolve().parent / "fixtures"
# Public names in the compose files, and what stands for them where they cannot be pulled.
STAND_INS = {
    "huedb": IMAGE,
    "openzipkin/zipkin": "huedb-local/zipkin",
    "otel/opentelemetry-collector-contrib:0.111.0": "huedb-local/otel-collector",
}
DEADLINE_S = 120
POLL_S = 0.2
SERVER = "http://127.0.0.1:8000"
ZIPKIN = "http://127.0.0.1:9411"


def eventually(what, probe, deadline_s=DEADLINE_S):
    """Waits until `probe` returns something true, and returns it."""
    last = None
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        try:
            found = probe()
            if found:
                return found
        except (OSError, CheckFailed) as error:
            last = error
        time.sleep(POLL_S)
    raise CheckFailed(f"{what}: not within {deadline_s} s ({last})")


@contextlib.contextmanager
def stand_ins():
    """Gives local images their public names for a while; those that were there already stay."""
    given = []
    for name, local in STAND_INS.items():
        if docker("image", "inspect", name, check=False).returncode != 0:
            docker("tag", local, name)
            given.append(name)
        elif name == "huedb":
            docker("tag", local, name)
    try:
        yield
    finally:
        for name in given:
            docker("rmi", name, check=False)


class Stack:
    """A copy of the repository's deployment files in a directory, and compose in it."""

    def __init__(self, directory, file):
        self.directory = directory
        self.file = file

    def compose(self, *arguments, **variables):
        environment = {**os.environ, "PWD": str(self.directory), **variables}
        command = ["docker", "compose", "-f", self.file, *arguments]
        done = subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, timeout=300)
        require(done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def up(self, **variables):
        self.compose("up", "-d", **variables)
        eventually("the server's heartbeat", lambda: call(f"{SERVER}/api/v2/heartbeat").status == 200)

    def log(self, service):
        return self.compose("logs", "--no-color", service)


def copy_deployment(directory):
    for name in ("docker-compose.yml", "docker-compose.observability.yml", "otel-collector-config.yaml"):
        shutil.copy(REPOSITORY / name, directory)
    shutil.copytree(REPOSITORY / "deploy", directory / "deploy")
    for fixture in FIXTURES.iterdir():
        shutil.copy(fixture, directory)


@contextlib.contextmanager
def stack(file):
    with tempfile.TemporaryDirectory(prefix="huedb-stack-") as name, stand_ins():
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        copy_deployment(directory)
        made = Stack(directory, file)
        try:
            yield made
        finally:
            made.compose("down", "-v")


def make_observability_images():
    subprocess.run([str(SCRIPTS / "base-images.sh"), "jre"], check=True)
    subprocess.run([str(SCRIPTS / "observability-images.sh")], check=True)
