"""What one Python client of Chroma does over TLS. Runs in that client's environment.

Usage: client_checks.py PORT CA
"""

import sys

import chromadb
from chromadb.config import Settings


def is_refused(**arguments):
    try:
        chromadb.HttpClient(host="localhost", ssl=True, **arguments)
    except Exception as error:
        text = repr(error) + repr(error.__cause__) + repr(error.__context__)
        return "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text
    return False


def main():
    port, authority = int(sys.argv[1]), sys.argv[2]
    trusting = {"port": port, "settings": Settings(chroma_server_ssl_verify=authority)}
    client = chromadb.HttpClient(host="localhost", ssl=True, **trusting)
    assert client.heartbeat() > 0
    collection = client.get_or_create_collection(f"over-tls-{chromadb.__version__}")
    collection.upsert(ids=["a", "b"], embeddings=[[1.0, 0.0], [0.0, 1.0]], documents=["one", "two"])
    found = collection.query(query_embeddings=[[1.0, 0.1]], n_results=1)
    assert found["ids"] == [["a"]], found
    client.clear_system_cache()

    unchecked = {"port": port, "settings": Settings(chroma_server_ssl_verify=False)}
    assert chromadb.HttpClient(host="localhost", ssl=True, **unchecked).heartbeat() > 0
    client.clear_system_cache()

    assert is_refused(port=port), "a certificate of an unknown authority was accepted"
    print(f"chromadb {chromadb.__version__}: verified, unverified and refused as they should be")


main()
