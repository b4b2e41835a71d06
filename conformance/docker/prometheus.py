"""A real Prometheus, of Debian's package, which is unpacked and not installed: installing starts a service."""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import urllib.parse

from engine import CACHE, REPOSITORY, call, require
from stack import eventually

UNPACKED = CACHE / "prometheus"
DEPLOYED = REPOSITORY / "deploy" / "prometheus"
# Where the deployment's file expects the server.
TARGET = "server:8000"


def install():
    """Fetches and unpacks the package, unless the programs are there."""
    if (UNPACKED / "usr" / "bin" / "promtool").exists():
        return
    with tempfile.TemporaryDirectory(prefix="huedb-prometheus-") as directory:
        # apt fetches as a user of its own, where there is one.
        os.chmod(directory, 0o777)
        run = lambda *command: subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True)
        try:
            run("apt-get", "download", "prometheus")
        except subprocess.CalledProcessError:
            run("apt-get", "-o", "DPkg::Lock::Timeout=300", "update")
            run("apt-get", "download", "prometheus")
        package, = pathlib.Path(directory).glob("*.deb")
        run("dpkg", "-x", str(package), str(UNPACKED))


def promtool(*arguments, **options):
    program = str(UNPACKED / "usr" / "bin" / "promtool")
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, **options)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Prometheus:
    """Its API."""

    def __init__(self, address):
        self.address = address

    def ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        answer = call(f"http://{self.address}/api/v1/{path}?{query}")
        told = json.loads(answer.text)
        require(told["status"] == "success", f"{path} {parameters}: {told.get('error')}")
        return told["data"]

    def query(self, text):
        """The series that a query finds."""
        return self.ask("query", query=text)["result"]


@contextlib.contextmanager
def scraping(target):
    """Runs Prometheus with the deployment's files, but its server at `target` and without patience."""
    with tempfile.TemporaryDirectory(prefix="huedb-prometheus-") as name:
        directory = pathlib.Path(name)
        config = (DEPLOYED / "prometheus.yml").read_text()
        require(TARGET in config and "scrape_interval: 15s" in config, f"another prometheus.yml is expected: {config}")
        config = config.replace(TARGET, target).replace("scrape_interval: 15s", "scrape_interval: 1s\n  evaluation_interval: 1s")
        (directory / "prometheus.yml").write_text(config)
        shutil.copy(DEPLOYED / "rules.yml", directory)
        address = f"127.0.0.1:{free_port()}"
        log = (directory / "log").open("w+")
        running = subprocess.Popen(
            [
                str(UNPACKED / "usr" / "bin" / "prometheus"), f"--config.file={directory}/prometheus.yml",
                f"--storage.tsdb.path={directory}/data", f"--web.listen-address={address}",
            ],
            stdout=log, stderr=log, cwd=directory,
        )
        try:
            def is_ready():
                require(running.poll() is None, f"Prometheus ended: {(directory / 'log').read_text()}")
                return call(f"http://{address}/-/ready").status == 200
            eventually("Prometheus", is_ready)
            yield Prometheus(address)
        finally:
            running.terminate()
            running.wait()
            log.close()
