"""Nobody gets this server to talk to its own network: every odd form of an address, and answers that misbehave."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outbound import Forbidden, Policy, Unanswered, send
from app.outbound.addresses import checked_addresses, is_public, parse, system_resolve, unwrapped
from tests.answering import Answering, self_signed

HERE = Policy(http=True, ports=frozenset(range(1, 65536)), networks=(ipaddress.ip_network("127.0.0.0/8"),))
OPEN = Policy(http=True, ports=frozenset(range(1, 65536)))

PRIVATE = """
    127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
    100.100.100.200 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1
    255.255.255.255 168.63.129.16 192.88.99.1
    :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::7f00:1 64:ff9b::7f00:1 64:ff9b::808:808
    64:ff9b:1::7f00:1 2002:7f00:1:: 2002:808:808:: 2001::1 2001:0:5ef5:79fd:0:0:0:1 2001:db8::1 fe80::1 fec0::1 fc00::1
    fd00:ec2::254 ff02::1 ff0e::1 100::1 3fff::1 5f00::1 4000::1
""".split()
PUBLIC = "8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 2606:4700::1111 2a00:1450:4001::1".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_is_never_called(address: str) -> None:
    policy = Policy()
    assert not policy.allows(ipaddress.ip_address(address))
    with pytest.raises(Forbidden):
        checked_addresses(policy, parse(policy, "https://name.example/"), lambda host, port: ["8.8.8.8", address])


@pytest.mark.parametrize("address", [*PUBLIC, "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_may_be_called(address: str) -> None:
    assert Policy().allows(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_every_form_of_an_ipv4_address_is_judged_alike(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    assert unwrapped(mapped) == address
    assert Policy().allows(mapped) == Policy().allows(address) == is_public(address)
    number = int(address)
    for hidden in (0x64FF9B << 96 | number, number, 0x2002 << 112 | number << 80, 0x20010000 << 96 | number):
        assert not Policy().allows(ipaddress.IPv6Address(hidden))


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_outside_the_internet_is_allowed(address: ipaddress.IPv6Address) -> None:
    if Policy().allows(address) and address.ipv4_mapped is None:
        assert address in ipaddress.ip_network("2000::/3")
        assert not address.is_private


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001", "0", "localhost", "127。0。0。1",
     "①②⑦.⓪.⓪.①", "１２７.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]"],
)  # fmt: skip
def test_odd_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(Forbidden):
        send(OPEN, "POST", f"http://{host}:9/", {})


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://name.example/", "scheme"), ("ftp://name.example/", "scheme"), ("file:///etc/passwd", "scheme"),
        ("gopher://name.example/", "scheme"), ("//name.example/", "scheme"), ("name.example", "scheme"),
        ("", "scheme"), ("https://", "malformed"), ("https:///x", "malformed"),
        ("https://user@name.example/", "userinfo"), ("https://user:word@name.example/", "userinfo"),
        ("https://name.example:22/", "port"), ("https://name.example:8443/", "port"),
        ("https://name.example:80/", "port"),
        ("https://name.example:99999/", "malformed"), ("https://name.example\\@evil.example/", "malformed"),
        ("https://name.example/\r\nHost: x", "malformed"), ("https://na me.example/", "malformed"),
        ("https://[fe80::1%25eth0]/", "malformed"), ("https://[::1/", "malformed"), ("https://..example/", "unknown"),
    ],
)  # fmt: skip
def test_addresses_that_are_not_taken(url: str, reason: str) -> None:
    with pytest.raises(Forbidden) as caught:
        send(Policy(), "POST", url, {}, resolve=lambda host, port: [])
    assert caught.value.reason == reason


def test_the_operator_may_allow_more() -> None:
    assert parse(Policy(http=True, ports=frozenset({80})), "http://name.example/a?b=c").path == "/a?b=c"
    assert Policy(networks=(ipaddress.ip_network("10.1.0.0/16"),)).allows(ipaddress.ip_address("10.1.2.3"))
    assert not Policy(networks=(ipaddress.ip_network("10.1.0.0/16"),)).allows(ipaddress.ip_address("10.2.2.3"))


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        target = parse(Policy(), "https://" + text)
    except Forbidden:
        return
    assert target.host.isascii()
    assert target.path.isascii()
    assert target.path.startswith("/")


def test_a_name_is_asked_once_and_the_checked_number_is_called() -> None:
    """DNS rebinding: the second answer of the resolver would lead elsewhere, so there is no second question."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with Answering() as server:
        answer = send(
            HERE, "POST", f"http://hooks.customer.example:{server.port}/in?a=1", {"x-a": "b"}, b"{}", resolve=resolve
        )
    assert asked == ["hooks.customer.example"]
    assert (answer.status, answer.body) == (200, b"ok")
    [request] = server.requests
    assert request.headers["Host"] == f"hooks.customer.example:{server.port}"
    assert (request.path, request.body, request.headers["x-a"]) == ("/in?a=1", b"{}", "b")


def test_tls_is_spoken_with_the_name_and_the_certificate_must_hold(tmp_path) -> None:
    context, authority = self_signed("hooks.customer.example", tmp_path)
    with Answering(context) as server:
        url = f"https://hooks.customer.example:{server.port}/"
        with pytest.raises(Unanswered, match="certificate"):
            send(HERE, "POST", url, {}, resolve=lambda host, port: ["127.0.0.1"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("app.outbound.client._tls", lambda: ssl.create_default_context(cafile=str(authority)))
            assert send(HERE, "POST", url, {}, resolve=lambda host, port: ["127.0.0.1"]).status == 200
            with pytest.raises(Unanswered, match="certificate"):
                send(HERE, "POST", url.replace("hooks", "other"), {}, resolve=lambda host, port: ["127.0.0.1"])
    assert server.names[-2:] == ["hooks.customer.example", "other.customer.example"]


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with Answering() as inside, Answering() as server:
        server.script.append((302, {"Location": f"http://127.0.0.1:{inside.port}/"}, b""))
        assert send(HERE, "POST", server.url, {}).status == 302
        assert inside.requests == []


def test_proxies_of_the_environment_are_ignored(monkeypatch) -> None:
    with Answering() as proxy, Answering() as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert send(HERE, "POST", server.url, {}).status == 200
        assert proxy.requests == []


def test_a_huge_answer_is_cut() -> None:
    with Answering() as server:
        server.script.append((200, {}, b"x" * 5_000_000))
        answer = send(HERE, "POST", server.url, {}, body_limit=1000)
    assert (len(answer.body), answer.cut) == (1000, True)


@pytest.mark.parametrize("pace", ["head", "body"])
def test_an_answer_that_drips_meets_the_deadline(pace: str) -> None:
    with Answering() as server:
        server.drip = pace
        started = time.monotonic()
        with pytest.raises(Unanswered, match="slow"):
            send(HERE, "POST", server.url, {}, deadline=0.6)
    assert time.monotonic() - started < 5


def test_a_resolver_that_hangs_meets_the_deadline() -> None:
    with pytest.raises(Unanswered, match="in time"):
        send(HERE, "POST", "https://name.example/", {}, deadline=0.3, resolve=lambda host, port: time.sleep(1) or [])


def test_a_closed_port_and_rubbish_are_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        # It stays taken, and nobody listens: let go, it might be another worker's server by now.
        with pytest.raises(Unanswered, match="refused"):
            send(HERE, "POST", f"http://127.0.0.1:{taken.getsockname()[1]}/", {})
    with Answering() as server:
        server.rubbish = True
        with pytest.raises(Unanswered, match="HTTP"):
            send(HERE, "POST", server.url, {})


def test_the_resolver_of_the_system_gives_numbers() -> None:
    assert "127.0.0.1" in system_resolve("127.1", 80)
