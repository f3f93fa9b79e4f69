"""A small identity provider on a port of its own: discovery, keys that rotate, tokens."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "gis-service"
WORKER = {"sub": "zhang", "gis_role": "worker", "gis_scope": "U1"}


class IdentityProvider:
    """An issuer; ``keys`` are the private keys by id that it lists, ``asked`` the paths that it was asked for."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.asked: list[str] = []
        self.described: dict[str, Any] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                body = json.dumps(provider._answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def _answer(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.described}
        return {"keys": [self._public(kid, key) for kid, key in self.keys.items()]}

    @staticmethod
    def _public(kid: str, key: Any) -> dict[str, Any]:
        algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
        return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}

    def stop(self) -> None:
        """Close the port; again is no error."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def token(self, kid: str, algorithm: str = "ES256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a token signed with a key that the provider lists; a claim of None is left out."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "iat": now, "exp": now + 300}
        given = {name: value for name, value in {**usual, **WORKER, **claims}.items() if value is not None}
        return jwt.encode(given, self.keys[kid], algorithm=algorithm, headers={"kid": kid, **(headers or {})})


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a private key for ES256."""
    return ec.generate_private_key(ec.SECP256R1())
