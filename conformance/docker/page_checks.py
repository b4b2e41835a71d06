"""Runs docs/deployment/docker.md from top to bottom: every command, every client, as a reader would."""

import os
import pathlib
import subprocess
import tempfile

from clients_of_chroma import places, python
from engine import CACHE, REPOSITORY, docker, require
from page import blocks
from stack import copy_deployment, stand_ins

PAGE = REPOSITORY / "docs" / "deployment" / "docker.md"
LIMIT_S = 300
# The image under test has been built by the run itself; a second build would only take time.
BUILT_ALREADY = ("docker build -t huedb .",)
# Stands for the public image of Apache, for its program htpasswd.
HTTPD = """\
FROM huedb-local/debian
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends apache2-utils
"""


def run_shell(block, directory):
    text = "\n".join(line for line in block.text.splitlines() if line not in BUILT_ALREADY)
    # The page's health loops end by themselves; a limit ends those that would not.
    environment = {**os.environ, "PATH": f"{CACHE / 'go' / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S,
    )


def run_python(block, directory):
    for generation in places.GENERATIONS:
        program = python(generation)
        yield f"chromadb {generation}", [program, "-c", block.text], pathlib.Path(program).parent


def run_javascript(block, directory):
    for version in places.NPM_CLIENTS.values():
        if block.client in (None, version):
            # A module finds its packages from where it lies.
            script = directory / f"page-{version}.mjs"
            script.write_text(block.text)
            modules = directory / "node_modules"
            modules.unlink(missing_ok=True)
            modules.symlink_to(places.npm_project(version) / "node_modules")
            yield f"npm chromadb {version}", [places.node(), str(script)], "/usr/bin"


def run_client(block, directory):
    runs = run_python if block.language == "python" else run_javascript
    for name, command, path in runs(block, directory):
        environment = {**places.clean_environment(path), **block.environment}
        done = subprocess.run(
            command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S,
        )
        require(done.returncode == 0, f"line {block.line} with {name}: {done.stdout.strip()}")


def run_page(text, directory):
    """Runs every block in order; returns how many were run."""
    count = 0
    for block in blocks(text):
        if block.not_run:
            continue
        if block.file:
            (directory / block.file).write_text(block.text)
        elif block.language == "sh":
            done = run_shell(block, directory)
            require(done.returncode == 0, f"line {block.line}: {done.stdout.strip()}")
        elif block.language in ("python", "javascript"):
            run_client(block, directory)
        else:
            require(False, f"line {block.line}: nobody knows how to run {block.language or 'this'}")
        count += 1
    return count


def clean_up(directory):
    """What the page's last commands would have removed, had it come so far."""
    docker("rm", "-f", "huedb", "huedb-files", check=False)
    for file in ("docker-compose.yml", "docker-compose.observability.yml"):
        subprocess.run(["docker", "compose", "-f", file, "down", "-v"], cwd=directory, capture_output=True, check=False)
    docker("volume", "rm", "huedb-data", check=False)


def every_command_of_the_page_works(report):
    for name in ("huedb", "huedb-files"):
        require(docker("container", "inspect", name, check=False).returncode != 0, f"a container called {name} is in the way")
    if docker("image", "inspect", "httpd:2", check=False).returncode != 0:
        docker("build", "--network", "host", "-t", "huedb-local/httpd", "-", input=HTTPD)
        docker("tag", "huedb-local/httpd", "httpd:2")
    with tempfile.TemporaryDirectory(prefix="huedb-page-") as name, stand_ins():
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        copy_deployment(directory)
        try:
            count = run_page(PAGE.read_text(), directory)
        finally:
            clean_up(directory)
    require(count > 10, f"only {count} blocks were found")
    report("blocks of the page that were run", count)


CHECKS = (every_command_of_the_page_works,)
