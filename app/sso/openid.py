"""A client of one OpenID provider: authorization code with PKCE and a nonce, metadata by discovery, tokens verified.

Addresses come from the provider's own metadata, under an issuer that the operator named, so its host may well lie in
our own network. The house's guarded client is used for its deadline, its limit and because it follows no redirect.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any

from authlib.common.encoding import to_unicode
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.identity.names import normal_name
from app.identity.ways import Identity, Provider
from app.sso.calling import Disappointed, get_json, post_form
from app.sso.settings import OidcSettings

log = logging.getLogger(__name__)

METADATA_SECONDS = 3600
RESTING_SECONDS = 5
"""A provider that could not be asked is not asked again so soon: others would wait behind it, one after another."""
KEYS_SECONDS = 5
"""Keys are looked at again no sooner, however many tokens name one that is not among them."""
LEEWAY = 60
"""Seconds by which clocks may differ."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Public keys alone: with a shared secret, or none, anybody who knows the client could sign."""


class OpenId:
    """One provider. Raises `Disappointed` when it cannot be asked or says what cannot be believed."""

    back = "callback"

    def __init__(self, settings: OidcSettings) -> None:
        self.settings = settings
        self.provider = Provider(settings.key, settings.name, settings.issuer)
        self._lock = Lock()
        self._metadata: tuple[float, dict[str, Any]] = (0.0, {})
        self._failed: tuple[float, Disappointed | None] = (0.0, None)
        self._keys: tuple[float, KeySet | None] = (0.0, None)

    def prepare(self) -> None:
        """Have its description at hand."""
        self.metadata()

    def address(self, way_back: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in."""
        address: str = prepare_grant_uri(
            self._endpoint("authorization_endpoint"),
            client_id=self.settings.client_id,
            response_type="code",
            redirect_uri=way_back,
            scope=self.settings.scopes,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return address

    def check_issuer(self, named: str | None) -> None:
        """An answer that says whose it is must be this provider's (RFC 9207): the browser may have been sent astray."""
        says = self.metadata().get("authorization_response_iss_parameter_supported") is True
        if named != self.settings.issuer and (says or named is not None):
            raise Disappointed("the answer is another provider's")

    def identity(self, code: str, redirect_uri: str, nonce: str, verifier: str) -> Identity:
        """Whoever has just signed in there."""
        tokens = self._exchange(code, redirect_uri, verifier)
        claims = self._verified(str(tokens.get("id_token") or ""), nonce, tokens.get("access_token"))
        if not claims.get("email"):
            claims = {**claims, **self._user_info(claims["sub"], tokens.get("access_token"))}
        vouched = claims.get("email_verified")
        return Identity(
            way=self.provider.way,
            issuer=self.settings.issuer,
            subject=claims["sub"],
            email=normal_name(str(claims.get("email") or "")) if vouched is True or vouched == "true" else "",
            first_name=str(claims.get("given_name") or ""),
            last_name=str(claims.get("family_name") or ""),
        )

    def metadata(self) -> dict[str, Any]:
        """The provider's description of itself, an hour old at most."""
        with self._lock:
            until, found = self._metadata
            if until > time.monotonic():
                return found
            resting, failure = self._failed
            if failure is not None and resting > time.monotonic():
                raise failure
            try:
                found = self._described()
            except Disappointed as error:
                self._failed = time.monotonic() + RESTING_SECONDS, error
                raise
            self._metadata = time.monotonic() + METADATA_SECONDS, found
            return found

    def _described(self) -> dict[str, Any]:
        found = get_json(get_well_known_url(self.settings.issuer, external=True))
        if found.get("issuer") != self.settings.issuer:
            raise Disappointed(f"it calls itself {str(found.get('issuer'))[:200]}, not {self.settings.issuer}")
        return found

    def _endpoint(self, name: str) -> str:
        address = self.metadata().get(name)
        if not isinstance(address, str) or not address.startswith(self.settings.issuer.partition("//")[0] + "//"):
            raise Disappointed(f"its {name} is no address like its issuer's")
        return address

    def _exchange(self, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        known = self.metadata().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        client = self.settings.client_id, self.settings.client_secret
        return post_form(self._endpoint("token_endpoint"), form, client, in_header="client_secret_basic" in known)

    def _verified(self, id_token: str, nonce: str, access_token: Any) -> dict[str, Any]:
        """The claims of a token that this provider made for us, for this very sign-in, just now."""
        try:
            token = self._decoded(id_token)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                },
                {"nonce": nonce, "client_id": self.settings.client_id, "access_token": access_token},
            )
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Disappointed(f"its token does not hold: {to_unicode(str(error))[:200]}") from error
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise Disappointed("its token names nobody")
        return dict(claims)

    def _decoded(self, id_token: str) -> jwt.Token:
        """The token, its signature checked; with keys that are fetched anew when those we know do not fit."""
        keys = self._key_set()
        try:
            return jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            renewed = self._key_set(renew=True)
            if renewed is keys:
                raise
            return jwt.decode(id_token, renewed, algorithms=list(ALGORITHMS))

    def _key_set(self, *, renew: bool = False) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            fetched, keys = self._keys
            if keys is None or (renew and fetched + KEYS_SECONDS < time.monotonic()):
                keys = _usable(get_json(address))
                self._keys = time.monotonic(), keys
            return keys

    def _user_info(self, subject: str, access_token: Any) -> dict[str, Any]:
        """The address, from those who do not put it into the token; of the same person, or of nobody."""
        if not access_token or not self.metadata().get("userinfo_endpoint"):
            return {}
        found = get_json(self._endpoint("userinfo_endpoint"), {"Authorization": f"Bearer {access_token}"})
        if found.get("sub") != subject:
            raise Disappointed("it told of somebody else")
        return {name: found[name] for name in ("email", "email_verified", "given_name", "family_name") if name in found}


def _usable(found: Mapping[str, Any]) -> KeySet:
    """The keys for signatures that we understand; others are for other purposes, or for times to come."""
    kept = []
    for one in found.get("keys") or ():
        try:
            if isinstance(one, dict) and one.get("use", "sig") == "sig":
                kept.extend(KeySet.import_key_set({"keys": [one]}).keys)
        except (JoseError, ValueError, TypeError):
            log.info("A provider has a key of a kind we do not know: %s", str(one.get("kty"))[:20])
    return KeySet(kept)
