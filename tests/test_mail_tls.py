"""Mail over TLS: the certificate is asked for its name, and a password never goes over a line that is not encrypted."""

from __future__ import annotations

import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.data import utcnow
from app.messaging.senders import platform_server
from app.messaging.smtp import NotConnected, Server, connected, deliver
from tests.mail_house import Post

CONTENT = b"Subject: x\r\n\r\n.dot\r\nend"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of `localhost` that signs itself: (file of both, file of the certificate)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utcnow() - timedelta(days=1))
        .not_valid_after(utcnow() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(secret)
    return folder


@pytest.fixture
def context(certificate):
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return found


@pytest.fixture
def trusted(certificate, monkeypatch):
    """Believe the certificate, as if an authority had signed it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))


@pytest.fixture(params=["starttls", "tls"])
def post(request, context):
    options = {"tls_context": context, "require_starttls": True} if request.param == "starttls" else {}
    server = Post(ssl_context=context if request.param == "tls" else None, **options)
    server.security = request.param
    yield server
    server.stop()


def server_of(post, host="localhost", **more):
    return Server(host, post.port, post.security, numbers=("127.0.0.1",), **more)


def test_a_mail_goes_over_tls(post, trusted):
    with connected(server_of(post), "office.example") as client:
        said, refused = deliver(client, "a@x.example", ["b@y.example"], CONTENT)
    assert (said[:3], list(refused)) == ("250", [])
    assert post.envelopes[0].content.endswith(b".dot\r\nend\r\n")


def test_a_certificate_of_nobody_is_not_believed(post):
    with pytest.raises(NotConnected, match="certificate"), connected(server_of(post), "office.example"):
        pass
    assert post.envelopes == []


def test_a_certificate_of_another_name_is_not_believed(post, trusted):
    with pytest.raises(NotConnected, match="certificate"), connected(server_of(post, "mail.example"), "office.example"):
        pass


def test_without_starttls_no_password_is_said():
    plain = Post(auth=True)
    try:
        server = Server("localhost", plain.port, "starttls", "office", "right horse", ("127.0.0.1",))
        with pytest.raises(NotConnected, match="STARTTLS"), connected(server, "office.example"):
            pass
        assert plain.signed_in == []
    finally:
        plain.stop()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://u:p%40ss@mail.example", Server("mail.example", 587, "starttls", "u", "p@ss")),
        ("smtps://mail.example", Server("mail.example", 465, "tls")),
        ("smtp+plain://127.0.0.1:2525", Server("127.0.0.1", 2525, "none")),
    ],
)
def test_the_platforms_server_is_read_from_its_address(url, expected):
    assert platform_server(url) == expected
