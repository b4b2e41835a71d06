"""Bad input: one line that says what is wrong and how to mend it, and an exit code that is not 0."""

import os
import socket
import tempfile

import records
from engine import refusal, require, running, volume


def check(expected, *command, options=(), code=1):
    found, text = refusal(*command, options=options)
    require(found == code, f"exit code {found} instead of {code}: {text}")
    require(expected in text, f"`{expected}` is not in: {text}")
    errors = text[text.index("error: "):].strip().splitlines() if "error: " in text else []
    require(1 <= len(errors) <= 2, f"not one or two lines: {text}")
    require("panicked" not in text, f"it panicked: {text}")


def a_directory_of_somebody_else(_):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        options = ("-v", f"{directory}:/data")
        check("user 10001 may not write to the data directory /data; run `chown -R 10001 /data`", options=options)
        check("the data directory /data is on a read-only file system", options=("-v", f"{directory}:/data:ro", "--user", "0"))


def a_volume_written_by_another_user(_):
    with volume() as data:
        with running(options=("-v", f"{data}:/data", "--user", "0")) as container:
            records.write(container)
        check("user 10001 may not write to", options=("-v", f"{data}:/data"))


def a_missing_directory_on_a_read_only_root(_):
    check("cannot make the data directory /nowhere", options=("--read-only", "--user", "0", "-e", "PERSIST_DIRECTORY=/nowhere"))
    check("user 10001 may not make the data directory /nowhere", options=("-e", "PERSIST_DIRECTORY=/nowhere"))


def a_port_in_use(_):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        check(f"port {port} of 127.0.0.1 is in use", "run", "--host", "127.0.0.1", "--port", str(port), options=("--network=host",))


def values_that_do_not_fit(_):
    cases = (
        ("CHROMA_HOST_PORT=eighty", "CHROMA_HOST_PORT cannot be `eighty`"),
        ("IS_PERSISTENT=maybe", "IS_PERSISTENT cannot be `maybe`"),
        ("CHROMA_SERVER_NOFILE=many", "CHROMA_SERVER_NOFILE cannot be `many`"),
        ("CHROMA_OTEL_GRANULARITY=everything", "CHROMA_OTEL_GRANULARITY cannot be `everything`"),
        ("CHROMA_SERVER_AUTHN_PROVIDR=x", "The nearest known name is CHROMA_SERVER_AUTHN_PROVIDER"),
        ("CHROMA_DB_IMPL=duckdb", "CHROMA_DB_IMPL is set, but it names a storage from before Chroma 0.4"),
    )
    for variable, expected in cases:
        check(expected, options=("-e", variable), code=2)
    check("--uds is set, but the server listens on a TCP port only", "--uds", "/run/chroma.sock", code=2)


def a_configuration_that_is_half_written(_):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = f"{directory}/config.yaml"
        for text, expected in (
            ("port: [80", "cannot read the configuration file /config.yaml"),
            ("persist_pth: /data\n", "The nearest known key is `persist_path`"),
            ("port", "it does not hold `key: value` lines"),
        ):
            with open(path, "w") as file:
                file.write(text)
            check(expected, options=("-v", f"{path}:/config.yaml:ro"), code=2)


CHECKS = (
    a_directory_of_somebody_else, a_volume_written_by_another_user, a_missing_directory_on_a_read_only_root,
    a_port_in_use, values_that_do_not_fit, a_configuration_that_is_half_written,
)
