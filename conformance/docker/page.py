"""The blocks of a documentation page, with what the comments above them say about running them."""

import dataclasses
import re

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!-- (.*?) -->\n$")


@dataclasses.dataclass
class Block:
    """A fenced block: its language, its text, the line where it begins and its notes."""

    language: str
    text: str
    line: int
    notes: str

    @property
    def file(self):
        """Name of the file that a reader is told to make of it."""
        return self.notes.removeprefix("file: ") if self.notes.startswith("file: ") else None

    @property
    def not_run(self):
        """Why it is not run, or nothing."""
        return self.notes.removeprefix("not run: ") if self.notes.startswith("not run: ") else None

    @property
    def client(self):
        """The one version that it is written for."""
        found = re.search(r"client: (\S+)", self.notes)
        return found and found.group(1)

    @property
    def environment(self):
        return dict(pair.split("=", 1) for pair in re.findall(r"[A-Z_]+=\S+", self.notes))


def blocks(text):
    for match in FENCE.finditer(text):
        comment = COMMENT.search(text[: match.start()])
        line = text.count("\n", 0, match.start()) + 1
        yield Block(match.group(1), match.group(2), line, comment.group(1) if comment else "")
