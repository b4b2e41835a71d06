"""What LangChain and LlamaIndex do with their Chroma stores, and a record of each outcome.

usage: run_checks.py --host HOST --port PORT --record FILE
"""

import argparse
import json
import time
import uuid

import chromadb
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import ExactMatchFilter, MetadataFilters, VectorStoreQuery
from llama_index.vector_stores.chroma import ChromaVectorStore

TEXTS = ["a aa", "e ee", "o"]


def counts(text):
    return [float(text.count(character)) for character in "aeio"]


class CharacterCounts(Embeddings):
    """Embeds a text as counts of four characters."""

    def embed_documents(self, texts):
        return [counts(text) for text in texts]

    def embed_query(self, text):
        return counts(text)


def equal(found, expected, what):
    assert found == expected, f"{what}: found {found!r}, expected {expected!r}"


def langchain_adds_searches_updates_and_deletes(client):
    store = Chroma(client=client, collection_name=f"check-{uuid.uuid4()}", embedding_function=CharacterCounts())
    ids = ["1", "2", "3"]
    store.add_texts(TEXTS, metadatas=[{"n": n} for n in range(3)], ids=ids)
    found = store.similarity_search_with_score("aaa", k=2)
    equal([(found[0][0].page_content, found[0][1])], [("a aa", 0.0)], "nearest")
    equal([each.page_content for each in store.similarity_search("aaa", k=3, filter={"n": {"$gt": 0}})], ["o", "e ee"], "filter")
    equal([each.page_content for each in store.similarity_search_by_vector([0, 3, 0, 0], k=1)], ["e ee"], "by vector")
    equal(store.get(where_document={"$contains": "o"})["ids"], ["3"], "get")
    equal([each.page_content for each in store.get_by_ids(["2"])], ["e ee"], "by id")
    assert store.max_marginal_relevance_search("a", k=2, fetch_k=3)
    store.update_document("3", Document(page_content="oooo", metadata={"n": 9}))
    equal(store.get(ids=["3"])["documents"], ["oooo"], "updated")
    store.delete(ids=["1"])
    equal(store.get()["ids"], ["2", "3"], "left")
    store.reset_collection()
    equal(store.get()["ids"], [], "after reset")


def llama_index_adds_searches_and_deletes(client):
    collection = client.create_collection(f"check-{uuid.uuid4()}", embedding_function=None)
    store = ChromaVectorStore(chroma_collection=collection)
    nodes = [TextNode(id_=f"node-{n}", text=text, embedding=counts(text), metadata={"n": n}) for n, text in enumerate(TEXTS)]
    for node in nodes:
        node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=f"source of {node.id_}")
    equal(store.add(nodes), ["node-0", "node-1", "node-2"], "added")
    found = store.query(VectorStoreQuery(query_embedding=counts("eee"), similarity_top_k=2))
    equal((found.ids[0], found.nodes[0].text, found.similarities[0]), ("node-1", "e ee", 1.0), "nearest")
    only = MetadataFilters(filters=[ExactMatchFilter(key="n", value=2)])
    found = store.query(VectorStoreQuery(query_embedding=counts("eee"), similarity_top_k=2, filters=only))
    equal(found.ids, ["node-2"], "filter")
    equal([node.id_ for node in store.get_nodes(["node-0"])], ["node-0"], "by id")
    store.delete("source of node-0")
    store.delete_nodes(["node-1"])
    equal(collection.get()["ids"], ["node-2"], "left")


CHECKS = [langchain_adds_searches_updates_and_deletes, llama_index_adds_searches_and_deletes]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--record", required=True)
    arguments = parser.parse_args()
    client = chromadb.HttpClient(host=arguments.host, port=arguments.port)
    with open(arguments.record, "a", encoding="utf-8") as record:
        for check in CHECKS:
            begin, line = time.monotonic(), {"test": f"integrations::{check.__name__}", "outcome": "passed"}
            try:
                check(client)
            except Exception as error:  # a check that breaks is a check that fails; the others go on
                line |= {"outcome": "failed", "message": f"{type(error).__name__}: {error}"}
            line["seconds"] = round(time.monotonic() - begin, 3)
            record.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
