"""The blocks of Chroma's page: environment files as Docker reads them, and programs of its readers."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "docker"))

from page import blocks  # noqa: E402 beside the checks of our own page

BLOCKS = list(blocks((HERE / "page.txt").read_text(encoding="utf-8")))


def block(language, *parts, without=()):
    """The one block of this language that has all of these parts."""
    found = [
        block.text for block in BLOCKS
        if block.language == language
        and all(part in block.text for part in parts)
        and not any(part in block.text for part in without)
    ]
    assert len(found) == 1, f"{len(found)} blocks of {language} with {parts}"
    return found[0]


BASIC_VARIABLES = block("text", "BasicAuthenticationServerProvider")
TOKEN_VARIABLES = block("text", "TokenAuthenticationServerProvider", without=("TRANSPORT_HEADER", "FILE"))
X_TOKEN_VARIABLES = block("text", "TRANSPORT_HEADER")
ROLES_VARIABLES = block("text", "SimpleRBACAuthorizationProvider")

BASIC_PYTHON = block("python", "BasicAuthClientProvider")
TOKEN_PYTHON = block("python", "TokenAuthClientProvider")
# The page tells to add one line to the settings.
_CREDENTIALS = 'chroma_client_auth_credentials=os.getenv("CHROMA_CLIENT_AUTH_CREDENTIALS")'
X_TOKEN_PYTHON = TOKEN_PYTHON.replace(
    _CREDENTIALS, f"{_CREDENTIALS},\n        " + block("python", "transport_header=").strip()
)
BASIC_JS = block("javascript", 'provider: "basic"')
TOKEN_JS = block("javascript", 'provider: "token"')

# Release 3 of the npm client takes headers alone; the page is older.
_HEADERS_JS = """\
import { ChromaClient } from "chromadb";

const credentials = process.env.CHROMA_CLIENT_AUTH_CREDENTIALS;
const chromaClient = new ChromaClient({ host: "localhost", port: 8000, headers: HEADERS })
"""
BASIC_HEADERS_JS = _HEADERS_JS.replace("HEADERS", "{ Authorization: `Basic ${btoa(credentials)}` }")
TOKEN_HEADERS_JS = _HEADERS_JS.replace("HEADERS", "{ Authorization: `Bearer ${credentials}` }")
X_TOKEN_HEADERS_JS = _HEADERS_JS.replace("HEADERS", '{ "X-Chroma-Token": credentials }')


def filled(text, values):
    """The text with the placeholders of the page replaced."""
    for placeholder, value in values.items():
        text = text.replace(placeholder, str(value))
    return text


def environment_of(text):
    """What Docker makes of an `--env-file`: everything after the first `=` is the value."""
    return dict(line.split("=", 1) for line in text.splitlines() if line)


def python_program(text, env_file, port):
    # The page calls the client `client` and then `chroma_client`.
    return filled(text, {"/path/to/your/.chroma_env": env_file, "port=8000": f"port={port}", "chroma_client.": "client."})


def js_program(text, port):
    return filled(text, {"localhost:8000": f"localhost:{port}", "port: 8000": f"port: {port}"}) + "\nexport { chromaClient };\n"
