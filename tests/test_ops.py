"""Health, metrics, logs and the command line, over real servers."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from structlog.testing import capture_logs

from app.data import db
from app.ops.bootstrap import prepare_roles
from app.ops.embedded.postgres import EmbeddedPostgres
from app.ops.embedded.valkey import EmbeddedValkey
from app.ops.logging import bind_log, clear_log, configure, hide_secrets, public_path
from app.ops.preflight import check_folder, check_port, check_redis
from app.ops.refusal import Refusal
from app.ops.wiring import install
from config import ROOT, Settings, load_settings


class Installation:
    """Both servers and a small application on them."""

    def __init__(self, var: Path) -> None:
        self.postgres = EmbeddedPostgres(var / "postgres", durable=False)
        self.valkey = EmbeddedValkey(var / "valkey", durable=False)
        self.settings: Settings = load_settings({"TENANTRY_VAR": str(var), "TENANTRY_METRICS_TOKEN": "read-me-please"})
        self.is_behind = False
        self.app = Flask("small")

    def build(self) -> None:
        app = self.app
        app.config.update(self.settings.flask_config(), TENANTRY=self.settings)
        db.init_app(app)
        install(app, self.settings, lambda: self.is_behind)

        @app.get("/three")
        def three() -> str:
            for _ in range(3):
                db.session.execute(text("SELECT 1"))
            return "done"

        @app.get("/invitation/<token>")
        def invitation(token: str) -> str:
            raise RuntimeError("no such luck")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("ops"))
    with made.postgres, made.valkey:
        prepare_roles(made.settings)
        made.build()
        yield made
        with made.app.app_context():
            for engine in db.engines.values():
                engine.dispose()


@pytest.fixture
def client(house: Installation) -> FlaskClient:
    return house.app.test_client()


def test_ready_only_when_everything_answers(house: Installation, client: FlaskClient):
    house.is_behind = True
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {"status": "not ready", "problems": {"migrations": "not applied yet"}},
    )
    house.is_behind = False
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})
    house.valkey.stop()
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["problems"]) == (503, {"redis": "does not answer"})
        assert client.get("/healthz").status_code == 200
    finally:
        house.valkey.start()
    assert client.get("/readyz").status_code == 200


def test_metrics_count_requests_and_statements_by_route(client: FlaskClient):
    def statements() -> float:
        lines = client.get("/metrics").text.splitlines()
        found = [line for line in lines if line.startswith('tenantry_db_statements_total{endpoint="three"}')]
        return float(found[0].rsplit(" ", 1)[1]) if found else 0

    before = statements()
    client.get("/three").close()
    assert statements() == before + 3
    client.get("/no/such/address-1234").close()
    text_of = client.get("/metrics").text
    assert 'tenantry_http_requests_total{endpoint="unmatched",method="GET",status="404"}' in text_of
    assert "address-1234" not in text_of
    assert "tenantry_process_memory_bytes" in text_of


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "203.0.113.9", 404),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 404),
        ({"Authorization": "Bearer read-me-please"}, "203.0.113.9", 200),
        ({"Authorization": "Bearer read-me"}, "203.0.113.9", 404),
    ],
)
def test_metrics_are_not_for_the_public(client: FlaskClient, headers: dict[str, str], address: str, status: int):
    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code == status


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("trace-0123456789", True),
        ("short", False),
        ("a b c d e f g h", False),
        ("x" * 65, False),
        ("<script>1234", False),
    ],
)
def test_a_sane_request_id_is_kept_and_returned(client: FlaskClient, given: str, kept: bool):
    returned = client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (returned == given) is kept
    assert len(returned) >= 16


def test_one_line_a_request_without_secrets(client: FlaskClient):
    token = "s3cr3t-" + "x" * 40
    with capture_logs() as lines:
        client.get("/three?password=hunter2", headers={"X-Request-ID": "trace-0123456789"}).close()
        client.get(f"/invitation/{token}").close()
    first, second = (line for line in lines if "ms" in line)
    assert (first["event"], first["status"], first["statements"]) == ("GET /three", 200, 3)
    assert first["endpoint"] == "three"
    assert second["status"] == 500
    assert token not in str(lines)
    assert "hunter2" not in str(lines)


def test_json_lines_carry_who_and_hide_secrets(house: Installation, capsys: pytest.CaptureFixture[str]):
    before = logging.getLogger().handlers[:], logging.getLogger().level
    json_settings = load_settings({"TENANTRY_VAR": str(house.settings.var), "TENANTRY_LOG_FORMAT": "json"})
    try:
        configure(json_settings)
        bind_log(tenant="t-1", account="a-1", request_id="r-1")
        logging.getLogger("somewhere").warning(
            "to %s", "postgresql://me:hunter2@host/db", extra={"password": "hunter2"}
        )
        line = json.loads(capsys.readouterr().out)
    finally:
        clear_log()
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)
    assert line["event"] == "to postgresql://me:[hidden]@host/db"
    assert (line["tenant"], line["account"], line["request_id"]) == ("t-1", "a-1", "r-1")
    assert line["level"] == "warning"
    assert line["timestamp"].endswith("Z")


def test_values_with_secret_names_are_blanked():
    event = {"api_key": "k", "Authorization": "Bearer x", "new_password": "p", "reset_token": "t", "plain": "shown"}
    hidden = hide_secrets(None, "info", event)
    assert [name for name, value in hidden.items() if value == "[hidden]"] == list(event)[:4]
    assert hidden["plain"] == "shown"


def test_long_random_parts_of_a_path_are_blanked_and_ids_kept():
    assert public_path("/reset/abcdefghijklmnopqrstuvwxyz0123456789") == "/reset/[hidden]"
    assert public_path(f"Exception on /invite/{'x' * 32} [GET]") == "Exception on /invite/[hidden] [GET]"
    kept = "/contacts/contact/0192f0c1-2345-7abc-8def-0123456789ab/edit"
    assert public_path(kept) == kept


def test_a_taken_port_is_said_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refusal, match=f"^Port {port} is taken by another program: choose another with --port.$"):
            check_port("127.0.0.1", port)


def test_a_folder_that_cannot_be_is_said_in_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match="cannot be created"):
        check_folder(tmp_path / "file" / "var")
    with pytest.raises(Refusal, match="cannot be"):
        check_folder(Path("/proc/tenantry"))


def test_an_unreachable_redis_is_said_in_one_sentence():
    with pytest.raises(Refusal) as refused:
        check_redis("redis://:hunter2@127.0.0.1:1/0")
    assert str(refused.value) == "Redis at 127.0.0.1:1/0 cannot be reached: Connection refused."


def tenantry(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **environ}, capture_output=True, text=True)


def test_help_lists_the_commands():
    said = tenantry("--help").stdout
    for name in ("up", "web", "db", "sync", "check", "routes", "tenant", "user"):
        assert f"\n  {name} " in said
    assert "prepare" not in said


def test_up_refuses_in_one_sentence_and_leaves_nothing_running(tmp_path: Path, house: Installation):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        cases = [
            tenantry("up", "--port", port, TENANTRY_VAR=str(tmp_path / "a")),
            tenantry("up", "--port", "1", TENANTRY_VAR=str(house.settings.var), REDIS_URL="redis://127.0.0.1:1"),
            tenantry("up", TENANTRY_VAR=str(tmp_path / "b"), TENANTRY_NO_SUCH="1"),
            tenantry("up", TENANTRY_VAR="/proc/tenantry"),
            tenantry("up", **{**PRODUCTION, "TENANTRY_VAR": str(tmp_path / "c")}),
            tenantry("db", "current", TENANTRY_VAR=str(tmp_path / "d")),
        ]
    for case in cases:
        assert case.returncode == 1, case
        assert case.stdout == ""
        assert case.stderr.count("\n") == 1, case.stderr
        assert "Traceback" not in case.stderr


PRODUCTION = {
    "TENANTRY_ENV": "production",
    "TENANTRY_SECRET_KEY": "k3J9-vQ2m_Zt7Lx0pRw8uYb4nHs6aCd1",
    "TENANTRY_PUBLIC_URL": "https://office.example.com",
    "DATABASE_URL": "postgresql://admin@127.0.0.1:1/office",
    "REDIS_URL": "redis://127.0.0.1:1",
}
