"""Applications with other ways in, on the database of the tests; their buttons, and certificates for what they call."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.sso.settings import SignInSettings
from tests.test_identity_lab import Lab, csrf, lab_of


def lab_with(settings: Any, sign_in: SignInSettings, **more: Any) -> Lab:
    """A lab whose application lets people in by these ways."""
    return lab_of(replace(settings, sign_in=sign_in, **more))


def leave(client: Any, path: str, **data: Any) -> str:
    """Press a provider's button; where the browser goes then."""
    answer = client.post(path, data={"csrf_token": csrf(client), **data})
    assert answer.status_code == 200, answer.text
    address = answer.headers["Refresh"].partition("url=")[2]
    assert address in unescape(answer.text)
    return address


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate for `host`, and the file by which clients trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    try:
        other: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        other = x509.DNSName(host)
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trust, secret = folder / f"{host}.pem", folder / f"{host}.key"
    trust.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trust, secret)
    return context, trust
