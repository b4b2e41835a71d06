"""Where the data lies: on whatever volume the user has mounted, through restarts and kills."""

import contextlib
import os
import tempfile

import records
from engine import Container, call, docker, refusal, require, running, volume

PLACES = ("/data", "/chroma/chroma", "/index_data")


def each_place_of_earlier_images_keeps_data(_):
    for place in PLACES:
        with volume() as data:
            with running(options=("-v", f"{data}:{place}")) as container:
                require(f"data            {place}\n" in container.logs(), f"{place} is not used: {container.logs()}")
                require("no volume" not in container.logs(), f"a warning in spite of a volume: {container.logs()}")
                records.write(container)
            with running(options=("-v", f"{data}:{place}")) as container:
                records.check_present(container)


def a_place_named_by_the_user_wins(_):
    with volume() as data, volume() as other:
        mounts = ("-v", f"{data}:/somewhere", "-v", f"{other}:/data", "-e", "PERSIST_DIRECTORY=/somewhere")
        # A volume over a directory that the image lacks belongs to root.
        with running(options=(*mounts, "--user", "0")) as container:
            require("data            /somewhere\n" in container.logs(), f"the log says {container.logs()}")


def data_outlives_restart_and_kill(_):
    with volume() as data, Container(options=("-v", f"{data}:/data")) as container:
        container.wait_until_ready()
        records.write(container)
        docker("restart", container.name)
        container.wait_until_ready()
        records.check_present(container)
        records.write(container, "second")
        docker("kill", container.name)
        docker("start", container.name)
        container.wait_until_ready()
        records.check_present(container)
        records.check_present(container, "second")


def two_populated_mounts_are_refused(_):
    with contextlib.ExitStack() as stack:
        first, second = stack.enter_context(volume()), stack.enter_context(volume())
        for data in (first, second):
            with running(options=("-v", f"{data}:/data")) as container:
                records.write(container)
        code, text = refusal(options=("-v", f"{first}:/data", "-v", f"{second}:/index_data"))
        require(code == 1, f"exit code {code}: {text}")
        require("/data and /index_data are both mounted and hold data" in text, f"it printed {text}")
        # An empty second mount is no conflict.
        empty = stack.enter_context(volume())
        with running(options=("-v", f"{empty}:/data", "-v", f"{second}:/chroma/chroma")) as container:
            records.check_present(container)


def without_a_volume_there_is_a_warning(_):
    with running() as container:
        text = "no volume is mounted on /data: the data is lost with the container; add `-v huedb-data:/data`"
        require(text in container.logs(), f"it printed {container.logs()}")


def a_configuration_file_of_one_x_works(_):
    with tempfile.TemporaryDirectory() as directory, volume() as data:
        os.chmod(directory, 0o755)
        path = f"{directory}/config.yaml"
        with open(path, "w") as file:
            file.write('port: 8003\nlisten_address: "0.0.0.0"\npersist_path: "/data"\nallow_reset: true\n'
                       'cors_allow_origins: ["*"]\nsqlite_filename: "chroma.db"\n')
        mounts = ("-v", f"{path}:/config.yaml:ro", "-v", f"{data}:/data")
        for command in ((), ("run", "/config.yaml")):
            with Container(*command, options=mounts, port=8003) as container:
                container.wait_until_ready()
                reset = call(container.url("/api/v2/reset"), method="POST")
                require(reset.status == 200, f"reset answers {reset.status} {reset.text}")


def variables_of_the_image_work(_):
    variables = ("-e", "CHROMA_HOST_PORT=8002", "-e", "CHROMA_HOST_ADDR=0.0.0.0", "-e", "IS_PERSISTENT=TRUE",
                 "-e", "CHROMA_SERVER_NOFILE=4096", "-e", "CHROMA_WORKERS=1", "-e", "CHROMA_TIMEOUT_KEEP_ALIVE=30",
                 "--ulimit", "nofile=1024:8192")
    with Container(options=variables, port=8002) as container:
        container.wait_until_ready()
        limits = open(f"/proc/{container.state()['Pid']}/limits").read()
        line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
        require(line.split()[3:5] == ["4096", "8192"], f"the limit of open files: {line}")


CHECKS = (
    each_place_of_earlier_images_keeps_data, a_place_named_by_the_user_wins, data_outlives_restart_and_kill,
    two_populated_mounts_are_refused, without_a_volume_there_is_a_warning, a_configuration_file_of_one_x_works,
    variables_of_the_image_work,
)
