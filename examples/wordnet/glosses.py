"""The glosses of WordNet: what each sense of each word means, in a sentence."""

import random
from dataclasses import dataclass
from pathlib import Path

PARTS_OF_SPEECH = {"n": "noun", "v": "verb", "a": "adjective", "s": "adjective", "r": "adverb"}

# The lexicographer files by number, as the manual page lexnames(5WN) lists them.
LEXICAL_FILES = (
    "adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body "
    "noun.cognition noun.communication noun.event noun.feeling noun.food noun.group noun.location "
    "noun.motive noun.object noun.person noun.phenomenon noun.plant noun.possession noun.process "
    "noun.quantity noun.relation noun.shape noun.state noun.substance noun.time verb.body verb.change "
    "verb.cognition verb.communication verb.competition verb.consumption verb.contact verb.creation "
    "verb.emotion verb.motion verb.perception verb.possession verb.social verb.stative verb.weather adj.ppl"
).split()


@dataclass(frozen=True)
class Gloss:
    """One sense: its id, the word, what it means and where WordNet files it."""

    id: str
    word: str
    text: str
    part_of_speech: str
    lexical_file: str

    def metadata(self):
        return {
            "word": self.word,
            "part_of_speech": self.part_of_speech,
            "lexical_file": self.lexical_file,
            "length": len(self.text),
        }


def read_glosses(directory, count, seed=20):
    """`count` glosses drawn from all of WordNet, the same ones every time, in a fixed order."""
    glosses = []
    for name in ("noun", "verb", "adj", "adv"):
        with open(Path(directory) / f"data.{name}", encoding="ascii") as file:
            # The licence at the top of each file is indented.
            glosses.extend(_parse(line) for line in file if not line.startswith(" "))
    if count > len(glosses):
        raise SystemExit(f"WordNet has {len(glosses)} glosses, {count} were asked for")
    return random.Random(seed).sample(glosses, count)


def _parse(line):
    """offset lexical-file-number type word-count(hexadecimal) word sense ... | gloss"""
    fields, text = line.split("|", 1)
    fields = fields.split()
    offset, number, kind, word = fields[0], int(fields[1]), fields[2], fields[4]
    return Gloss(
        id=f"{PARTS_OF_SPEECH[kind]}-{offset}",
        # Adjectives carry where they may stand, such as "galore(ip)".
        word=word.split("(")[0].replace("_", " "),
        text=text.strip(),
        part_of_speech=PARTS_OF_SPEECH[kind],
        lexical_file=LEXICAL_FILES[number],
    )
