"""Chroma's clients against the container: open, and in every way of the page to say who may come."""

import os
import subprocess
import tempfile

from clients_of_chroma import drive, python
from engine import Container, call, require, running

BASIC = "chromadb.auth.basic_authn.BasicAuthenticationServerProvider"
TOKEN = "chromadb.auth.token_authn.TokenAuthenticationServerProvider"
RBAC = "chromadb.auth.simple_rbac_authz.SimpleRBACAuthorizationProvider"

AUTHZ = """\
roles_mapping:
  admin:
    actions: ["system:reset", "tenant:create_tenant", "tenant:get_tenant", "db:create_database",
      "db:get_database", "db:list_collections", "db:count_collections", "db:create_collection",
      "db:get_or_create_collection", "collection:get_collection", "collection:delete_collection",
      "collection:update_collection", "collection:add", "collection:delete", "collection:get",
      "collection:query", "collection:peek", "collection:count", "collection:update", "collection:upsert"]
  reader:
    actions: ["tenant:get_tenant", "db:get_database", "db:list_collections", "collection:get_collection",
      "collection:get", "collection:query", "collection:count"]
users:
  - id: writer
    role: admin
    tokens: [test-token-admin]
  - id: reader
    role: reader
    tokens: [test-token-reader]
"""


def htpasswd(user, password):
    """A line as the program htpasswd writes it."""
    program = "import bcrypt, sys; print(bcrypt.hashpw(sys.argv[1].encode(), bcrypt.gensalt(5)).decode())"
    printed = subprocess.run([python("0.5.13"), "-c", program, password], capture_output=True, text=True, check=True)
    return f"{user}:{printed.stdout.strip()}"


def with_environment(variables, sessions, mounts=()):
    """Starts the server with an env-file, as on the page, and drives all clients through the sessions."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, ".chroma_env")
        with open(path, "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in variables.items())
        with running(options=("--env-file", path, *mounts)) as container:
            drive([{"port": container.port, **session} for session in sessions])
            open_routes(container, bool(variables))


def open_routes(container, is_guarded):
    """Health checks need no credentials, everything else does."""
    for path in ("/api/v1/heartbeat", "/api/v2/heartbeat", "/api/v1/version"):
        require(call(container.url(path)).status == 200, f"{path} is not open")
    answer = call(container.url("/api/v1/collections"))
    require((answer.status == 403) == is_guarded, f"without credentials the list answers {answer.status}")


def session(auth, credentials=None, may="all"):
    return {"auth": auth, "credentials": credentials, "may": may}


def without_authentication(_):
    with_environment({}, [session("none")])


def basic(_):
    variables = {"CHROMA_SERVER_AUTHN_CREDENTIALS": htpasswd("admin", "admin"), "CHROMA_SERVER_AUTHN_PROVIDER": BASIC}
    with_environment(variables, [
        session("basic", "admin:admin"), session("basic", "admin:wrong", "nothing"), session("none", may="nothing"),
    ])


def basic_with_several_users_in_a_file(_):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = f"{directory}/server.htpasswd"
        with open(path, "w") as file:
            file.write(f"{htpasswd('admin', 'admin')}\n{htpasswd('other', 'pass word')}\n")
        variables = {
            "CHROMA_SERVER_AUTHN_CREDENTIALS_FILE": "/chroma/server.htpasswd", "CHROMA_SERVER_AUTHN_PROVIDER": BASIC,
        }
        with_environment(variables, [session("basic", "admin:admin"), session("basic", "other:pass word")],
                         ("-v", f"{path}:/chroma/server.htpasswd:ro"))


def token(_):
    variables = {"CHROMA_SERVER_AUTHN_CREDENTIALS": "test-token", "CHROMA_SERVER_AUTHN_PROVIDER": TOKEN}
    with_environment(variables, [
        session("token", "test-token"), session("token", "wrong", "nothing"), session("x-token", "test-token", "nothing"),
    ])


def token_in_its_own_header(_):
    variables = {
        "CHROMA_SERVER_AUTHN_CREDENTIALS": "test-token", "CHROMA_SERVER_AUTHN_PROVIDER": TOKEN,
        "CHROMA_AUTH_TOKEN_TRANSPORT_HEADER": "X-Chroma-Token",
    }
    with_environment(variables, [
        session("x-token", "test-token"), session("x-token", "wrong", "nothing"), session("token", "test-token", "nothing"),
    ])


def roles(_):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = f"{directory}/authz.yaml"
        with open(path, "w") as file:
            file.write(AUTHZ)
        variables = {
            "CHROMA_SERVER_AUTHN_CREDENTIALS_FILE": "authz.yaml", "CHROMA_SERVER_AUTHZ_CONFIG_FILE": "authz.yaml",
            "CHROMA_SERVER_AUTHN_PROVIDER": TOKEN, "CHROMA_SERVER_AUTHZ_PROVIDER": RBAC,
        }
        with_environment(variables, [
            session("token", "test-token-admin"), session("token", "test-token-reader", "read"),
            session("token", "test-token-nobody", "nothing"),
        ], ("-v", f"{path}:/chroma/authz.yaml:ro"))


CHECKS = (without_authentication, basic, basic_with_several_users_in_a_file, token, token_in_its_own_header, roles)
