"""The clients of the matrix, from `clients.json`."""

import dataclasses
import json

from . import places

PRESETS = ("fast", "default", "full")
# Which server of Chroma's speaks the API of a client.
GENERATION_OF = {"v1": "0.5.13", "v2": "1.5.9"}


def included(preset):
    """The presets whose runs `preset` has: each also has those of the smaller ones."""
    return PRESETS[: PRESETS.index(preset) + 1]


@dataclasses.dataclass(frozen=True)
class Client:
    name: str  # of its environment below the cache directory
    language: str  # "python" or "npm"
    package: str
    version: str
    api: str
    # How it is used: sync and async in Python. Each with the smallest preset that runs it.
    modes: dict = dataclasses.field(hash=False)
    # Whether it belongs to the generation of a real server, which then serves it too.
    original: bool = False

    @property
    def generation(self):
        return GENERATION_OF[self.api]

    def modes_of(self, preset):
        return [mode for mode, smallest in self.modes.items() if smallest in included(preset)]


def listed():
    text = (places.CONFORMANCE / "clients.json").read_text(encoding="utf-8")
    return [Client(**entry) for entry in json.loads(text)]


def served_by(server_kind, generations, preset):
    """The clients that a preset runs against a server. A real server gets only those of its time."""
    return [
        client
        for client in listed()
        if client.generation in generations
        and client.modes_of(preset)
        and (client.original or server_kind.serves_every_client)
    ]
