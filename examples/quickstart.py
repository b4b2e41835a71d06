"""HueDB in a minute: store four sentences, find the nearest ones, filter, update, delete.

    cargo run --release -- run        # in one terminal
    pip install chromadb              # any Chroma client works
    python examples/quickstart.py     # in another

The vectors are written by hand here (how much a sentence is about animals, food, machines), so nothing is
downloaded. Leave `embeddings` out and the client computes them from the documents.
"""

import sys

import chromadb

client = chromadb.HttpClient(host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
notes = client.get_or_create_collection("quickstart", metadata={"hnsw:space": "cosine"})

notes.upsert(
    ids=["cat", "soup", "train", "baker"],
    documents=[
        "A cat sleeps on the warm stove.",
        "Tomato soup needs basil and time.",
        "The night train leaves at ten.",
        "The baker's oven is a machine from 1921.",
    ],
    metadatas=[
        {"topic": "animals", "year": 2021},
        {"topic": "food", "year": 2023},
        {"topic": "machines", "year": 2024},
        {"topic": "food", "year": 2024},
    ],
    embeddings=[[0.9, 0.1, 0.2], [0.0, 1.0, 0.1], [0.0, 0.0, 1.0], [0.0, 0.7, 0.7]],
)


def show(title, result):
    print(title)
    for id, document, distance in zip(result["ids"][0], result["documents"][0], result["distances"][0]):
        print(f"  {distance:.3f}  {id:<6} {document}")


about_cooking = [[0.1, 0.9, 0.3]]
show("Nearest to cooking:", notes.query(query_embeddings=about_cooking, n_results=2))
show(
    "Nearest to cooking, written in 2024 or later:",
    notes.query(query_embeddings=about_cooking, n_results=2, where={"year": {"$gte": 2024}}),
)
show(
    "Nearest to cooking, with the word machine:",
    notes.query(query_embeddings=about_cooking, n_results=2, where_document={"$contains": "machine"}),
)

notes.update(ids=["soup"], metadatas=[{"year": 2025}])
notes.delete(ids=["train"])
print("The soup is now from", notes.get(ids=["soup"])["metadatas"][0]["year"])
print("Records left:", notes.count())
