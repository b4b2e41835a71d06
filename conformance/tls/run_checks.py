#!/usr/bin/env python3
"""TLS and HTTP/2 as clients meet them: Chroma's Python clients of both generations, and curl.

Records one outcome for each check, as JSON lines.
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness import places  # noqa: E402
from harness.servers import free_port  # noqa: E402

CHECKS = pathlib.Path(__file__).resolve().parent / "client_checks.py"
START_PATIENCE_S = 60


def make_certificates(directory):
    """An authority, a server's certificate, and client certificates: a good, an expired and a strange one."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    def authority(name):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                "-days", "2", "-subj", f"/CN={name}")

    def signed(name, by, *validity):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/CN={name}")
        (directory / "names.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial",
                "-extfile", "names.ext", "-out", f"{name}.pem", *validity)

    authority("ca")
    authority("strange-ca")
    signed("server", "ca", "-days", "2")
    signed("client", "ca", "-days", "2")
    # Negative days end before they begin: expired from the start.
    signed("expired", "ca", "-days", "-1")
    signed("stranger", "strange-ca", "-days", "2")


@contextlib.contextmanager
def running(binary, directory, port, *options):
    log = (directory / "server.log").open("ab")
    command = [str(binary), "run", "--host", "127.0.0.1", "--port", str(port), "--path", str(directory / "data")]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        text = ""
        while "authentication" not in text:
            line = process.stdout.readline()
            if not line:
                sys.exit(f"tls: the server ended at its start: {text}")
            text += line
        yield
    finally:
        process.terminate()
        process.wait(START_PATIENCE_S)


class Report:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")

    def check(self, name, is_right, detail=""):
        outcome = {"test": name, "outcome": "passed" if is_right else "failed", "message": "" if is_right else str(detail)}
        self.file.write(json.dumps(outcome) + "\n")
        self.file.flush()


def curl(directory, *arguments):
    """Exit code, HTTP version and status."""
    command = ["curl", "--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_version} %{http_code}"]
    done = subprocess.run([*command, *arguments], cwd=directory, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def check_tls(report, binary, directory, port):
    url = f"https://localhost:{port}/api/v2/heartbeat"
    files = ["--tls-certificate", str(directory / "server.pem"), "--tls-key", str(directory / "server.key")]
    with running(binary, directory, port, *files):
        for options, expected in [
            (["--http2"], (0, "2 200")),
            (["--http1.1"], (0, "1.1 200")),
            (["--tls-max", "1.2"], (0, "2 200")),
            (["--tlsv1.3"], (0, "2 200")),
        ]:
            found = curl(directory, "--cacert", "ca.pem", *options, url)
            report.check(f"curl {' '.join(options)}", found == expected, found)
        found = curl(directory, "--cacert", "strange-ca.pem", url)
        report.check("curl refuses a certificate of an unknown authority", found[0] == 60, found)
        for generation in ("0.5.13", "1.5.9"):
            python = places.python_environment(generation) / "bin" / "python"
            done = subprocess.run([str(python), str(CHECKS), str(port), str(directory / "ca.pem")],
                                  capture_output=True, text=True, timeout=300)
            report.check(f"chromadb {generation} over TLS", done.returncode == 0, done.stderr[-2000:])

    with running(binary, directory, port, *files, "--tls-client-ca", str(directory / "ca.pem")):
        found = curl(directory, "--cacert", "ca.pem", url)
        report.check("no client certificate is refused", found[0] != 0, found)
        for name, is_good in [("client", True), ("expired", False), ("stranger", False)]:
            shown = ["--cert", f"{name}.pem", "--key", f"{name}.key"]
            found = curl(directory, "--cacert", "ca.pem", *shown, url)
            report.check(f"client certificate `{name}`", (found == (0, "2 200")) == is_good, found)


def check_plain(report, binary, directory, port):
    url = f"http://127.0.0.1:{port}/api/v1/heartbeat"
    with running(binary, directory, port):
        for options, expected in [
            (["--http2-prior-knowledge"], (0, "2 200")),
            (["--http2"], (0, "1.1 200")),
            (["--http1.1"], (0, "1.1 200")),
            (["--http1.0"], (0, "1 200")),
        ]:
            found = curl(directory, *options, url)
            report.check(f"curl {' '.join(options)} without TLS", found == expected, found)
        body = directory / "large.json"
        body.write_text('{"name":"large","metadata":{"text":"' + "x" * 3_000_000 + '"}}')
        place = "tenants/default_tenant/databases/default_database/collections"
        collections = f"http://127.0.0.1:{port}/api/v2/{place}"
        found = curl(directory, "--http2-prior-knowledge", "-H", "Content-Type: application/json", "--data-binary", f"@{body}", collections)
        report.check("a body of 3 MB over HTTP/2 is read whole", found == (0, "2 200"), found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--record", required=True, type=pathlib.Path, help="file for the outcomes")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="an empty directory")
    arguments = parser.parse_args()
    report, directory, port = Report(arguments.record), arguments.work, free_port()
    make_certificates(directory)
    check_tls(report, arguments.binary.resolve(), directory, port)
    check_plain(report, arguments.binary.resolve(), directory, port)


if __name__ == "__main__":
    main()
