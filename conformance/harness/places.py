"""Where the repository, the installed clients and the working files are."""

import os
import pathlib

CONFORMANCE = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = CONFORMANCE.parent
CACHE = pathlib.Path(os.environ.get("HUEDB_CACHE") or REPOSITORY / ".cache") / "conformance"

GENERATIONS = ("0.5.13", "1.5.9")
# The npm client that belongs to each generation of the server.
NPM_CLIENTS = {"0.5.13": "1.9.2", "1.5.9": "3.5.0"}


def python_environment(generation):
    return CACHE / f"py-{generation}"


def upstream_tests(generation):
    """The directory of chromadb's own tests in the installed package."""
    (found,) = python_environment(generation).glob("lib/python3.*/site-packages/chromadb/test")
    return found


def npm_project(version):
    return CACHE / f"js-{version}"


def node():
    return (CACHE / "node.path").read_text().strip()


def clean_environment(path_first):
    """A process environment that holds nothing of the caller's but the bare minimum.

    The home directory is the one that setup.sh made: it holds the embedding model.
    """
    return {
        "PATH": os.pathsep.join([str(path_first), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(CACHE / "home"),
        "LANG": "C.UTF-8",
        "ANONYMIZED_TELEMETRY": "False",
    }
