"""An OpenID provider on this machine: discovery, codes with PKCE, signed tokens, keys that change, ways to go wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "tenantry at home", "an: odd/secret?"


class OpenIdServer:
    """`person` are the claims of whoever is at the browser; `lie` is said instead of what is right."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.lie: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.in_user_info = False
        self.user_info: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.answer: dict[str, str] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.keys = [RSAKey.generate_key(2048, parameters={"kid": "first", "use": "sig"})]
        self.signing: Any = self.keys[0]
        self.server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()

    def reset(self) -> None:
        self.lie, self.metadata, self.answer, self.user_info = {}, {}, {}, {}
        self.in_user_info, self.signing = False, self.keys[-1]
        self.algorithm = "ES256" if isinstance(self.signing, ECKey) else "RS256"
        self.asked.clear()

    def rotate(self) -> None:
        """A new key signs from now on; the old one is gone."""
        self.keys = [ECKey.generate_key("P-256", parameters={"kid": secrets.token_hex(4), "use": "sig"})]
        self.signing, self.algorithm = self.keys[0], "ES256"

    def _app(self) -> Flask:
        app = Flask("openid")
        app.before_request(lambda: self.asked.append(request.path))
        for path, view, methods in (
            ("/.well-known/openid-configuration", self._describe, ["GET"]),
            ("/authorize", self._authorize, ["GET"]),
            ("/token", self._token, ["POST"]),
            ("/keys", self._keys, ["GET"]),
            ("/userinfo", self._user_info, ["GET"]),
        ):
            app.add_url_rule(path, path, view, methods=methods)
        return app

    def _describe(self) -> Any:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            **self.metadata,
        }

    def _authorize(self) -> Any:
        asked = request.args.to_dict()
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        said = {"code": code, "state": asked["state"], **self.answer}
        return redirect(f"{asked['redirect_uri']}?{urlencode(said)}")

    def _token(self) -> Any:
        asked = self.codes.pop(request.form["code"], None)
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not self._is_client():
            return jsonify(error="invalid_client"), 401
        if not asked or asked["code_challenge"] != challenge or asked["redirect_uri"] != request.form["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        return {"access_token": "access", "token_type": "Bearer", "id_token": self._id_token(asked)}

    def _is_client(self) -> bool:
        if "client_secret" in request.form:
            return (request.form["client_id"], request.form["client_secret"]) == (CLIENT, SECRET)
        given = base64.b64decode(request.headers.get("Authorization", "").partition(" ")[2]).decode()
        return [unquote(part) for part in given.split(":")] == [CLIENT, SECRET]

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "exp": now + 60, "iat": now, "nonce": asked["nonce"],
            **({"sub": self.person["sub"]} if self.in_user_info else self.person), **self.lie,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.signing.kid}
        if self.algorithm == "none":
            return ".".join(_packed(one) for one in (header, claims)) + "."
        return jwt.encode(header, claims, self.signing, algorithms=[self.algorithm])

    def _keys(self) -> Any:
        return KeySet(self.keys).as_dict(private=False)

    def _user_info(self) -> Any:
        assert request.headers["Authorization"] == "Bearer access"
        return Response(_json({**self.person, **self.user_info}), mimetype="application/json")


def secret_key(server: OpenIdServer) -> OctKey:
    """What the two share, misused as a key for signatures."""
    return OctKey.import_key(SECRET * 3, {"kid": server.keys[0].kid})


def walk(server: OpenIdServer, address: str) -> str:
    """Where the provider sends the browser back to, as a path with its query."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == server.issuer
    with server.server.app.test_client() as browser:
        back = urlsplit(browser.get(f"{parts.path}?{parts.query}").location)
    return f"{back.path}?{back.query}"


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def _packed(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(_json(part).encode()).rstrip(b"=").decode()


def _json(part: dict[str, Any]) -> str:
    return json.dumps(part)
