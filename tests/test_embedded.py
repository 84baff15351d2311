"""Embedded servers: started for real, stopped, killed, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from app.ops import preflight
from app.ops.bootstrap import prepare_roles
from app.ops.embedded.postgres import EmbeddedPostgres
from app.ops.embedded.valkey import EmbeddedValkey
from app.ops.preflight import connect_database
from app.ops.refusal import Refusal
from config import ROOT, Settings, load_settings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Far below the root, with a space and letters beyond ASCII: as people's folders are."""
    path = tmp_path_factory.mktemp("my data").joinpath(*["einŠehr-langer-ordner-name"] * 8)
    path.mkdir(parents=True)
    return path


@pytest.fixture(scope="module")
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def settings(folder: Path, postgres: EmbeddedPostgres) -> Settings:
    settings = load_settings({"TENANTRY_VAR": str(folder)})
    assert settings.database_url == postgres.url
    prepare_roles(settings)
    return settings


def sign_in(settings: Settings, role: str) -> psycopg.Connection:
    return psycopg.connect(settings.role_url(role).replace("+psycopg", ""), autocommit=True)


def test_postgres_is_18_in_utf8_and_utc(postgres: EmbeddedPostgres):
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute(
            "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'),"
            " current_setting('TimeZone'), lower('ÄÉ'), 'a' > 'B'"
        ).fetchone()
    assert row == (18, "UTF8", "UTC", "äé", True)


def test_nobody_else_may_reach_the_sockets(postgres: EmbeddedPostgres):
    assert postgres.sockets.stat().st_mode & 0o077 == 0
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_folder_in_use_is_refused_in_one_sentence(postgres: EmbeddedPostgres):
    with pytest.raises(Refusal, match="already running") as refused:
        EmbeddedPostgres(postgres.directory).start()
    assert "\n" not in str(refused.value)
    with psycopg.connect(postgres.url) as connection:
        connection.execute("SELECT 1")


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "letter.txt").write_text("dear")
    with pytest.raises(Refusal, match="not empty"):
        EmbeddedPostgres(tmp_path / "postgres").start()
    assert (tmp_path / "postgres" / "letter.txt").read_text() == "dear"


def test_data_survives_stop_kill_and_a_stale_pid_file(tmp_path: Path):
    with EmbeddedPostgres(tmp_path / "postgres") as server, psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        connection.execute("INSERT INTO kept VALUES (2)")
        postmaster = int((server.directory / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(postmaster)] if psutil.pid_exists(postmaster) else [], timeout=60)
    stale = (tmp_path / "postgres" / "postmaster.pid").read_text().split("\n", 1)
    # The number in the file now belongs to somebody else: to us.
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{stale[1]}")
    with EmbeddedPostgres(tmp_path / "postgres") as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT sum(n) FROM kept").fetchone() == (3,)


def test_an_interrupted_first_start_leaves_nothing_half_made(tmp_path: Path):
    draft = tmp_path / ".postgres.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18")
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as server, psycopg.connect(server.url) as connection:
        connection.execute("SELECT 1")
    assert not draft.exists()


def test_servers_end_with_the_process_that_started_them(tmp_path: Path):
    program = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from app.ops.embedded.postgres import EmbeddedPostgres
        from app.ops.embedded.valkey import EmbeddedValkey
        folder = Path({str(tmp_path)!r})
        servers = [EmbeddedPostgres(folder / "pg", durable=False), EmbeddedValkey(folder / "vk")]
        for server in servers:
            server.start()
        print(*(server._child.pid for server in servers), flush=True)
        time.sleep(60)
    """)
    starter = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pids = [int(word) for word in starter.stdout.readline().split()]
    assert len(pids) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)
    starter.kill()
    starter.wait()
    starter.stdout.close()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids))


def test_valkey_writes_its_file_and_reads_it_again(tmp_path: Path):
    with EmbeddedValkey(tmp_path / "valkey") as server, redis.Redis.from_url(server.url) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
        client.set("kept", "yes")
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
    with EmbeddedValkey(tmp_path / "valkey") as server, redis.Redis.from_url(server.url) as client:
        assert client.get("kept") == b"yes"


def test_the_roles_are_ordinary_and_sign_in_with_their_passwords(settings: Settings):
    for role in ("owner", "app", "platform"):
        with sign_in(settings, role) as connection:
            facts = connection.execute(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
                " FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert facts == (settings.role_name(role), False, False, False, False)


def test_a_wrong_password_is_refused(settings: Settings):
    address = settings.role_url("app").replace("+psycopg", "").replace(settings.derived_key("app"), "wrong")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address)


def test_only_the_owner_may_create(settings: Settings):
    for role in ("app", "platform"):
        with sign_in(settings, role) as connection:
            for statement in ("CREATE TABLE t ()", "CREATE SCHEMA s", "CREATE TEMP TABLE t ()"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
    with sign_in(settings, "owner") as connection:
        connection.execute("CREATE SCHEMA s CREATE TABLE s.t ()")
        connection.execute("DROP SCHEMA s CASCADE")


def test_the_owner_is_platform_only_when_it_says_so(settings: Settings):
    with sign_in(settings, "owner") as connection:
        held = "SELECT pg_has_role(current_user, %s, 'USAGE')"
        assert connection.execute(held, (settings.role_name("platform"),)).fetchone() == (False,)
        connection.execute(f"SET ROLE {settings.role_name('platform')}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"RESET ROLE; SET ROLE {settings.role_name('app')}")


def test_a_role_that_gained_rights_loses_them_again(settings: Settings):
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {settings.role_name('app')} SUPERUSER BYPASSRLS")
        prepare_roles(settings)
        flags = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s"
        assert connection.execute(flags, (settings.role_name("app"),)).fetchone() == (False, False)


def test_eight_processes_may_prepare_the_roles_at_once(folder: Path, postgres: EmbeddedPostgres):
    fresh = load_settings({"TENANTRY_VAR": str(folder), "TENANTRY_ROLE_PREFIX": "crowd"})
    failures: list[BaseException] = []

    def prepare() -> None:
        try:
            prepare_roles(fresh)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=prepare) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with sign_in(fresh, "app") as connection:
        connection.execute("SELECT 1")


def test_an_administrator_without_superuser_rights_is_enough(settings: Settings):
    """As on hosted databases: may create roles, owns its database, is no superuser."""
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE hosted LOGIN CREATEROLE PASSWORD 'pw'")
        connection.execute("CREATE DATABASE hosted OWNER hosted")
    address = f"postgresql://hosted:pw@/hosted?host={settings.database_url.split('host=')[1]}"
    hosted = load_settings({
        "TENANTRY_VAR": str(settings.var), "DATABASE_URL": address, "TENANTRY_ROLE_PREFIX": "hosted_x"
    })  # fmt: skip
    for _ in range(2):
        prepare_roles(hosted)
    with sign_in(hosted, "owner") as connection:
        connection.execute("CREATE TABLE public.t ()")


def test_an_unreachable_database_is_said_without_its_password():
    with pytest.raises(Refusal) as refused, connect_database("postgresql://me:hunter2@127.0.0.1:1/office"):
        pass
    said = str(refused.value)
    assert "127.0.0.1:1/office cannot be reached" in said
    assert "hunter2" not in said
    assert "\n" not in said


def test_a_server_that_is_too_old_is_said_in_one_sentence(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(preflight, "MINIMUM_POSTGRES", 19)
    with pytest.raises(Refusal, match=r"^PostgreSQL 18 is too old: Tenantry needs 19 or newer\.$"):
        prepare_roles(settings)


def wait_until(true, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
