"""Writes all-MiniLM-L6-v2 as the ONNX file that Chroma's default embedding function loads.

Chroma downloads this model at run time. The same weights are published as a Python package in
safetensors format; this script wraps them in the BERT graph (6 layers, 12 heads, 384 dimensions)
and checks the result against the similarities that the model's authors publish.

usage: build_onnx.py WEIGHTS_DIR TARGET_DIR
"""

import json
import math
import pathlib
import shutil
import struct
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

# Files beside the weights that the embedding function insists on.
COMPANION_FILES = ("config.json", "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json", "vocab.txt")
OPSET = 17  # the first with LayerNormalization
# Added to the attention score of a padding token: large enough that its softmax weight is 0.
MASKED_SCORE = -10000.0

# Cosine similarities in the model card of sentence-transformers/all-MiniLM-L6-v2.
REFERENCE_SENTENCES = ("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.")
REFERENCE_SIMILARITIES = {(0, 1): 0.6660, (0, 2): 0.1046, (1, 2): 0.1411}
REFERENCE_TOLERANCE = 1e-3


def read_safetensors(path):
    """Returns {name: array} of the f32 tensors in a safetensors file."""
    data = path.read_bytes()
    (header_size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + header_size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = (8 + header_size + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
    return tensors


class Graph:
    """Collects nodes and constants; every method returns the name of its result."""

    def __init__(self, weights, epsilon):
        self.weights = weights
        self.epsilon = epsilon
        self.nodes = []
        self.constants = {}

    def constant(self, name, array):
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.array(array, order="C"), name)
        return name

    def weight(self, name, transposed=False):
        array = self.weights[name]
        return self.constant(name, array.T if transposed else array)

    def scalar(self, name, value):
        return self.constant(name, np.array(value, dtype=np.float32))

    def op(self, kind, *inputs, **attributes):
        result = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [result], **attributes))
        return result

    def linear(self, x, name):
        product = self.op("MatMul", x, self.weight(f"{name}.weight", transposed=True))
        return self.op("Add", product, self.weight(f"{name}.bias"))

    def layer_norm(self, x, name):
        return self.op(
            "LayerNormalization",
            x,
            self.weight(f"{name}.weight"),
            self.weight(f"{name}.bias"),
            axis=-1,
            epsilon=self.epsilon,
        )

    def gelu(self, x):
        scaled = self.op("Div", x, self.scalar("sqrt_2", math.sqrt(2.0)))
        shifted = self.op("Add", self.op("Erf", scaled), self.scalar("one", 1.0))
        return self.op("Mul", self.op("Mul", x, shifted), self.scalar("half", 0.5))


def embeddings(graph):
    """Word, position and token-type embeddings, summed and normalised."""
    length = graph.op("Gather", graph.op("Shape", "input_ids"), graph.constant("axis_1", np.array(1, dtype=np.int64)))
    positions = graph.op(
        "Range",
        graph.constant("zero_i64", np.array(0, dtype=np.int64)),
        length,
        graph.constant("one_i64", np.array(1, dtype=np.int64)),
    )
    words = graph.op("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    places = graph.op("Gather", graph.weight("embeddings.position_embeddings.weight"), positions)
    types = graph.op("Gather", graph.weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
    total = graph.op("Add", graph.op("Add", words, types), places)
    return graph.layer_norm(total, "embeddings.LayerNorm")


def attention_bias(graph):
    """0 for a token and MASKED_SCORE for padding, shaped [batch, 1, 1, length]."""
    mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    absent = graph.op("Sub", graph.scalar("one", 1.0), mask)
    bias = graph.op("Mul", absent, graph.scalar("masked_score", MASKED_SCORE))
    return graph.op("Unsqueeze", bias, graph.constant("axes_1_2", np.array([1, 2], dtype=np.int64)))


def encoder_layer(graph, x, bias, prefix, heads, hidden_size):
    head_size = hidden_size // heads
    split = graph.constant("split_heads", np.array([0, 0, heads, head_size], dtype=np.int64))
    join = graph.constant("join_heads", np.array([0, 0, hidden_size], dtype=np.int64))

    def by_head(name, order):
        projected = graph.linear(x, f"{prefix}.attention.self.{name}")
        return graph.op("Transpose", graph.op("Reshape", projected, split), perm=order)

    query = by_head("query", [0, 2, 1, 3])
    key = by_head("key", [0, 2, 3, 1])
    value = by_head("value", [0, 2, 1, 3])
    scores = graph.op("Div", graph.op("MatMul", query, key), graph.scalar("sqrt_head", math.sqrt(head_size)))
    weights = graph.op("Softmax", graph.op("Add", scores, bias), axis=-1)
    context = graph.op("Transpose", graph.op("MatMul", weights, value), perm=[0, 2, 1, 3])
    attended = graph.linear(graph.op("Reshape", context, join), f"{prefix}.attention.output.dense")
    x = graph.layer_norm(graph.op("Add", attended, x), f"{prefix}.attention.output.LayerNorm")
    inner = graph.gelu(graph.linear(x, f"{prefix}.intermediate.dense"))
    outer = graph.linear(inner, f"{prefix}.output.dense")
    return graph.layer_norm(graph.op("Add", outer, x), f"{prefix}.output.LayerNorm")


def build_model(weights, config):
    graph = Graph(weights, config["layer_norm_eps"])
    x = embeddings(graph)
    bias = attention_bias(graph)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        x = encoder_layer(graph, x, bias, prefix, config["num_attention_heads"], config["hidden_size"])
    graph.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
    shape = ["batch", "length"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info(
        "last_hidden_state", TensorProto.FLOAT, [*shape, config["hidden_size"]]
    )
    body = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, [output], list(graph.constants.values()))
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def embed(session, tokenizer, sentences):
    """Mean-pooled, normalised sentence vectors."""
    encoded = tokenizer.encode_batch(list(sentences))
    ids = np.array([e.ids for e in encoded], dtype=np.int64)
    mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
    feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    (hidden,) = session.run(None, feed)
    pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]
    return pooled / np.linalg.norm(pooled, axis=1)[:, None]


def check(target):
    session = onnxruntime.InferenceSession(str(target / "model.onnx"), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(target / "tokenizer.json"))
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    vectors = embed(session, tokenizer, REFERENCE_SENTENCES)
    for (left, right), expected in REFERENCE_SIMILARITIES.items():
        found = float(vectors[left] @ vectors[right])
        if abs(found - expected) > REFERENCE_TOLERANCE:
            sys.exit(f"similarity of sentences {left} and {right} is {found:.4f}, published: {expected}")


def main():
    source, target = (pathlib.Path(argument) for argument in sys.argv[1:3])
    config = json.loads((source / "config.json").read_text())
    target.mkdir(parents=True, exist_ok=True)
    for name in COMPANION_FILES:
        shutil.copyfile(source / name, target / name)
    model = build_model(read_safetensors(source / "model.safetensors"), config)
    onnx.save(model, str(target / "model.onnx"))
    check(target)


if __name__ == "__main__":
    main()
