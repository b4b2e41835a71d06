"""What the image is: small, without tools, without privileges, healthy, quick to start and to stop."""

import contextlib
import io
import json
import socket
import subprocess
import tarfile
import time

import records
from engine import (
    IMAGE, LABEL, REPOSITORY, Container, call, docker, fresh_name, inspect, network, require, running, volume,
)

SIZE_MAX = 40_000_000
RSS_MAX = 30 * 1024  # KiB
STOP_MAX_S = 10  # what Docker waits before it kills
# Programs that no container of this image needs, and somebody who broke in would like to find.
TOOLS = ("sh", "bash", "dash", "busybox", "apt", "apt-get", "dpkg", "perl", "python3", "wget", "su", "mount")
LOCKED_DOWN = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


@contextlib.contextmanager
def file_system():
    """The image's files as a tar archive."""
    name = fresh_name("export")
    docker("create", "--name", name, "--label", LABEL, IMAGE)
    try:
        exported = subprocess.run(["docker", "export", name], stdout=subprocess.PIPE, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
            yield archive
    finally:
        docker("rm", name)


def size_is_small(report):
    size = inspect(IMAGE)["Size"]
    report("image size", f"{size / 1e6:.1f} MB")
    require(size <= SIZE_MAX, f"the image has {size} bytes, more than {SIZE_MAX}")


def it_holds_no_shell_and_no_package_manager(_):
    with file_system() as archive:
        members = archive.getmembers()
    programs = {member.name.rsplit("/", 1)[-1] for member in members if member.mode & 0o111 and not member.isdir()}
    found = sorted(programs.intersection(TOOLS))
    require(not found, f"the image holds {found}")
    privileged = [member.name for member in members if member.isfile() and member.mode & 0o6000]
    require(not privileged, f"these run with somebody else's rights: {privileged}")


def licences_and_materials_are_in_it(_):
    with file_system() as archive:
        read = lambda name: archive.extractfile(name).read().decode()
        bill = json.loads(read("usr/share/doc/huedb/huedb.cdx.json"))
        notices = read("usr/share/doc/huedb/THIRD-PARTY.txt")
        certificates = read("etc/ssl/certs/ca-certificates.crt")
        for package in ("libc6", "libgcc-s1", "ca-certificates"):
            require(f"Package: {package}\n" in read(f"var/lib/dpkg/status.d/{package}"), f"{package} is not described")
            read(f"usr/share/doc/{package}/copyright")
    names = {component["name"] for component in bill["components"]}
    require(bill["bomFormat"] == "CycloneDX" and {"tokio", "hyper", "huedb-engine"} <= names, f"the bill names {names}")
    require("tokio " in notices and "Apache License" in notices, "licence texts are missing")
    require(certificates.count("BEGIN CERTIFICATE") > 50, "there are few CA certificates")


def labels_and_defaults_are_set(_):
    config = inspect(IMAGE)["Config"]
    for label in ("title", "version", "revision", "licenses", "created"):
        value = (config["Labels"] or {}).get(f"org.opencontainers.image.{label}")
        require(value and value != "unknown", f"label {label} is {value}")
    require(config["User"] == "10001:10001", f"the user is {config['User']}")
    require(config["StopSignal"] == "SIGTERM", f"the stop signal is {config['StopSignal']}")
    require("8000/tcp" in config["ExposedPorts"], f"ports are {config['ExposedPorts']}")
    require(not config.get("Volumes"), "an anonymous volume would hide that data has no place")


def it_starts_fast_small_and_stops_cleanly(report):
    with volume() as data, Container(options=("-v", f"{data}:/data", *LOCKED_DOWN)) as container:
        seconds = container.wait_until_ready()
        report("docker run to healthy", f"{seconds * 1e3:.0f} ms")
        ready = next((line for line in container.logs().splitlines() if "took_ms" in line), "")
        report("of that the server itself", f"{ready.rpartition('took_ms=')[2].split()[0] if ready else '?'} ms")
        status = container.process_status()
        require(status["Uid"].split() == ["10001"] * 4, f"it runs as {status['Uid']}")
        require(int(status["CapEff"], 16) == 0, f"it has capabilities {status['CapEff']}")
        rss = int(status["VmRSS"].split()[0])
        report("resident when idle", f"{rss / 1024:.1f} MiB")
        require(rss <= RSS_MAX, f"{rss} KiB are resident, more than {RSS_MAX}")
        records.write(container)
        seconds, code = container.stop()
        report("stop", f"{seconds * 1e3:.0f} ms, exit code {code}")
        require(code == 0 and seconds < STOP_MAX_S, f"a stop took {seconds:.1f} s and ended with {code}")


def a_client_that_hangs_does_not_hold_up_a_stop(report):
    with volume() as data, running(options=("-v", f"{data}:/data")) as container:
        records.write(container)
        with socket.create_connection(("127.0.0.1", container.port)) as hanging:
            # A body that never comes to its end.
            hanging.sendall(b"POST /api/v2/tenants HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            b"Content-Length: 100\r\n\r\n{")
            seconds, code = container.stop()
        report("stop with a client that hangs", f"{seconds:.1f} s")
        require(code == 0, f"the exit code is {code} after {seconds:.1f} s")


def any_user_can_run_it(_):
    for user in ("0:0", "4242:4242", "1000650000:0"):
        with volume() as data, running(options=("-v", f"{data}:/data", "--user", user, *LOCKED_DOWN)) as container:
            records.write(container)
            require(container.process_status()["Uid"].split()[0] == user.split(":")[0], "it runs as somebody else")


def wait_for_health(container):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        health = container.state()["Health"]
        if health["Status"] == "healthy":
            return
        time.sleep(0.1)
    require(False, f"not healthy: {health}")


def it_tells_docker_that_it_is_healthy(_):
    # The port is chosen by the command, which the health check has to find out.
    options = ("--health-interval", "1s")
    with Container("run", "--port", "9000", options=options, port=9000) as container:
        wait_for_health(container)
    # What compose files for Chroma say.
    check = ("--health-cmd", "curl -f http://localhost:8000/api/v1/heartbeat")
    test = inspect(IMAGE)["Config"]["Healthcheck"]["Test"]
    require(test == ["CMD", "/usr/local/bin/huedb", "healthcheck"], f"the health check is {test}")
    with running() as container:
        done = docker("exec", container.name, "curl", *check[1].split()[1:])
        require("answered in" in done.stdout, f"curl printed {done.stdout}")
        done = docker("exec", container.name, "curl", "-f", "http://localhost:1/", check=False)
        require(done.returncode == 1, f"a dead server is reported with {done.returncode}")


def names_of_other_containers_resolve(_):
    with network() as net, running(options=("--network", net, "--network-alias", "vectors")):
        done = docker("run", "--rm", "--label", LABEL, "--network", net, IMAGE, "healthcheck", "--url", "http://vectors:8000")
        require("answered in" in done.stdout, f"it printed {done.stdout} {done.stderr}")


def another_processor_needs_no_emulator(_):
    """The stage that gathers the C library, the only one that looks into an image of the target."""
    tag = fresh_name("runtime")
    bases = ("--build-arg", "RUST_IMAGE=huedb-local/debian", "--build-arg", "DEBIAN_IMAGE=huedb-local/debian")
    docker(
        "build", "--network", "host", "--platform", "linux/arm64", "--target", "runtime", *bases, "-t", tag, ".",
        cwd=REPOSITORY,
    )
    try:
        listed = docker("run", "--rm", "--label", LABEL, tag, "find", "/runtime", "-name", "*.so*").stdout.split()
        library = "/runtime/lib/aarch64-linux-gnu/libc.so.6"
        require("/runtime/lib/ld-linux-aarch64.so.1" in listed and library in listed, f"libraries are {listed}")
        require(not [path for path in listed if "x86" in path], f"libraries are {listed}")
        # What the file itself says of its processor.
        machine = docker("run", "--rm", "--label", LABEL, tag, "od", "-An", "-tx1", "-j18", "-N2", library).stdout
        require(machine.split() == ["b7", "00"], f"libc is for processor {machine}")
    finally:
        docker("rmi", tag, check=False)


def every_file_of_the_compose_command_is_served(_):
    """The command of 0.5's own compose files, as a list and as one string, and 1.x's."""
    official = (
        "--workers 1 --host 0.0.0.0 --port 8001 --proxy-headers --log-config chromadb/log_config.yml "
        "--timeout-keep-alive 30"
    )
    commands = (
        official.split(), [official], ["uvicorn", "chromadb.app:app", *official.split()],
        ["run", "--host", "0.0.0.0", "--port", "8001", "--path", "/data"], ["chroma", "run", "--port", "8001"],
    )
    for command in commands:
        with Container(*command, port=8001) as container:
            container.wait_until_ready()
    with Container("run", "/config.yaml") as container:
        container.wait_until_ready()


CHECKS = (
    size_is_small, it_holds_no_shell_and_no_package_manager, licences_and_materials_are_in_it,
    labels_and_defaults_are_set, it_starts_fast_small_and_stops_cleanly, a_client_that_hangs_does_not_hold_up_a_stop,
    any_user_can_run_it, another_processor_needs_no_emulator,
    it_tells_docker_that_it_is_healthy, names_of_other_containers_resolve,
    every_file_of_the_compose_command_is_served,
)
