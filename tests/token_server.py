"""An OpenID Connect token endpoint on loopback, for clients that fetch their tokens.

    with open_token_server({"gateway": "secret"}) as url:
        ...     # "sasl.oauthbearer.token.endpoint.url" = url

It gives unsigned tokens, as the secure broker takes them; `sub` is the client's id.
"""

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer

_LIFETIME = 300


@contextmanager
def open_token_server(clients: Mapping[str, str]) -> Iterator[str]:
    """The URL of the endpoint, which knows these clients and their secrets."""
    known = {_basic(name, secret): name for name, secret in clients.items()}

    class Endpoint(BaseHTTPRequestHandler):
        """Answers one request for a token."""

        def do_POST(self) -> None:
            """A token for who is known, a refusal for who is not."""
            self.rfile.read(int(self.headers["Content-Length"]))
            name = known.get(self.headers["Authorization"])
            if name is None:
                self._answer(HTTPStatus.UNAUTHORIZED, {"error": "invalid_client"})
            else:
                token = {"access_token": _token(name), "token_type": "Bearer"}
                self._answer(HTTPStatus.OK, token | {"expires_in": _LIFETIME})

        def _answer(self, status: HTTPStatus, body: Mapping[str, object]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token"
        finally:
            server.shutdown()
            thread.join()


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def _token(name: str) -> str:
    now = int(time.time())
    claims = {"sub": name, "scope": "kafka", "iat": now, "exp": now + _LIFETIME}
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def _part(fields: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
