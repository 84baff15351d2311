"""Settings: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from config import Settings, SettingsError, load_settings, socket_folder

SECRET = "k3J9-vQ2m_Zt7Lx0pRw8uYb4nHs6aCd1"
PRODUCTION = {
    "TENANTRY_ENV": "production",
    "TENANTRY_SECRET_KEY": SECRET,
    "TENANTRY_PUBLIC_URL": "https://office.example.com/",
    "DATABASE_URL": "postgresql://admin:pw@db.example.com:5433/office?sslmode=require",
    "REDIS_URL": "rediss://cache.example.com:6380/0",
}


def problems(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ)
    return "\n".join(refused.value.problems)


def production(**changes: str | None) -> Settings:
    environ = {**PRODUCTION, **changes}
    return load_settings({name: value for name, value in environ.items() if value is not None})


def production_problems(**changes: str | None) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        production(**changes)
    return refused.value.problems


def test_a_desk_needs_no_setting(tmp_path: Path):
    settings = load_settings({"TENANTRY_VAR": str(tmp_path)})
    assert settings.environment == "development"
    assert settings.embedded_postgres
    assert settings.embedded_valkey
    assert settings.log_format == "text"
    assert len(settings.secret_key) == 64


def test_the_development_secret_is_made_once_and_private(tmp_path: Path):
    first = load_settings({"TENANTRY_VAR": str(tmp_path / "new")})
    again = load_settings({"TENANTRY_VAR": str(tmp_path / "new")})
    assert first.secret_key == again.secret_key
    assert stat.S_IMODE((tmp_path / "new" / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret-key"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    said = problems(TENANTRY_VAR=str(tmp_path / "file" / "var"))
    assert str(tmp_path / "file" / "var") in said
    assert said.count("\n") == 0


def test_production_accepts_safe_settings():
    settings = production()
    assert settings.production
    assert settings.public_url == "https://office.example.com"
    assert settings.log_format == "json"
    assert not settings.embedded_postgres
    assert not settings.embedded_valkey


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"TENANTRY_SECRET_KEY": None}, "TENANTRY_SECRET_KEY"),
        ({"TENANTRY_SECRET_KEY": "change-me"}, "TENANTRY_SECRET_KEY"),
        ({"TENANTRY_SECRET_KEY": "a" * 64}, "TENANTRY_SECRET_KEY"),
        ({"TENANTRY_DEBUG": "yes"}, "TENANTRY_DEBUG"),
        ({"TENANTRY_PUBLIC_URL": "http://office.example.com"}, "https://"),
        ({"TENANTRY_PUBLIC_URL": None}, "TENANTRY_PUBLIC_URL"),
        ({"DATABASE_URL": None}, "DATABASE_URL"),
        ({"REDIS_URL": None}, "REDIS_URL"),
        ({"TENANTRY_DEMO_PASSWORD": "open sesame"}, "TENANTRY_DEMO_PASSWORD"),
    ],
)
def test_production_refuses_what_is_unsafe(changes: dict[str, str | None], word: str):
    (problem,) = production_problems(**changes)
    assert word in problem
    assert problem.endswith(".")


def test_all_problems_are_said_at_once():
    assert len(production_problems(TENANTRY_SECRET_KEY=None, TENANTRY_DEBUG="1", REDIS_URL=None)) == 3


def test_no_problem_repeats_a_secret():
    said = "\n".join(production_problems(TENANTRY_SECRET_KEY="hunter2", DATABASE_URL="mysql://u:hunter3@h/d"))
    assert "hunter" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TENANTRY_TYPO", "1"),
        ("TENANTRY_ENV", "staging"),
        ("TENANTRY_POOL_SIZE", "many"),
        ("TENANTRY_POOL_SIZE", "0"),
        ("TENANTRY_POOL_SIZE", "٥"),
        ("TENANTRY_DEBUG", "maybe"),
        ("TENANTRY_LOG_FORMAT", "xml"),
        ("TENANTRY_ROLE_PREFIX", 'a"; drop role x'),
        ("TENANTRY_PUBLIC_URL", "office"),
        ("TENANTRY_PUBLIC_URL", "http://["),
        ("DATABASE_URL", "sqlite:///x.db"),
        ("DATABASE_URL", "postgresql://host"),
        ("DATABASE_URL", "not an address"),
        ("REDIS_URL", "http://cache"),
        ("TENANTRY_APP_DATABASE_URL", "mysql://h/d"),
        ("TENANTRY_FILES_STORE", "ftp"),
        ("TENANTRY_FILES_QUOTA_MB", "0"),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(tmp_path: Path, name: str, value: str):
    assert name in problems(**{"TENANTRY_VAR": str(tmp_path), name: value})


def test_role_addresses_keep_the_place_and_differ_in_password():
    from sqlalchemy.engine import make_url

    settings = production()
    addresses = {role: make_url(settings.role_url(role)) for role in ("owner", "app", "platform")}
    assert {address.username for address in addresses.values()} == {
        "tenantry_owner",
        "tenantry_app",
        "tenantry_platform",
    }
    assert len({address.password for address in addresses.values()}) == 3
    for address in addresses.values():
        assert (address.host, address.port, address.database) == ("db.example.com", 5433, "office")
        assert address.drivername == "postgresql+psycopg"
        assert address.query["sslmode"] == "require"


def test_a_role_address_of_its_own_wins():
    settings = production(TENANTRY_APP_DATABASE_URL="postgresql://me:mine@pool:6432/office")
    assert settings.role_url("app") == "postgresql+psycopg://me:mine@pool:6432/office"
    assert "tenantry_owner" in settings.role_url("owner")


def test_the_settings_show_no_secret_when_printed():
    printed = repr(production(TENANTRY_METRICS_TOKEN="metrics-token"))
    assert SECRET not in printed
    assert "pw@" not in printed
    assert "metrics-token" not in printed


def test_flask_is_configured_safely():
    config = production(TENANTRY_ALLOWED_HOSTS="a.example.com, b.example.com").flask_config()
    assert config["SESSION_COOKIE_SECURE"]
    assert config["SESSION_COOKIE_HTTPONLY"]
    assert config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert config["SQLALCHEMY_ENGINE_OPTIONS"]["hide_parameters"]
    assert config["FAB_CREATE_DB"] is False
    assert config["FAB_UPDATE_PERMS"] is False
    assert config["TRUSTED_HOSTS"][:3] == ["a.example.com", "b.example.com", "office.example.com"]
    assert production().flask_config()["TRUSTED_HOSTS"] is None
    assert config["SECRET_KEY"] != config["JWT_SECRET_KEY"]
    assert SECRET not in (config["SECRET_KEY"], config["JWT_SECRET_KEY"])


def test_socket_paths_are_short_at_any_depth_and_the_same_in_every_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 12)
    folder = socket_folder(deep)
    assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) < 100
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert socket_folder(deep) == folder
    assert socket_folder(tmp_path) != folder


def test_a_bucket_is_a_place_for_files():
    settings = production(
        TENANTRY_FILES_STORE="s3", TENANTRY_FILES_S3_BUCKET="office-files", TENANTRY_FILES_S3_REGION="eu-central-1",
        TENANTRY_FILES_S3_ENDPOINT="https://s3.example.com/", TENANTRY_FILES_S3_ACCESS_KEY="who",
        TENANTRY_FILES_S3_SECRET_KEY="s3-secret-word",
    )  # fmt: skip
    assert (settings.files_store, settings.files_s3_bucket) == ("s3", "office-files")
    assert settings.files_s3_endpoint == "https://s3.example.com"
    assert "s3-secret-word" not in repr(settings)
    assert production(TENANTRY_FILES_STORE="s3", TENANTRY_FILES_S3_BUCKET="abc").files_s3_access_key is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("FILES_S3_BUCKET", {}),
        ("FILES_S3_BUCKET", {"BUCKET": "Not A Bucket"}),
        ("FILES_S3_ENDPOINT", {"BUCKET": "abc", "ENDPOINT": "s3.example.com"}),
        ("FILES_S3_ENDPOINT", {"BUCKET": "abc", "ENDPOINT": "http://["}),
        ("FILES_S3_SECRET_KEY", {"BUCKET": "abc", "ACCESS_KEY": "who"}),
    ],
)
def test_a_bucket_that_cannot_be_used_is_refused(tmp_path: Path, name: str, values: dict[str, str]):
    given = {f"TENANTRY_FILES_S3_{key}": value for key, value in values.items()}
    assert name in problems(TENANTRY_VAR=str(tmp_path), TENANTRY_FILES_STORE="s3", **given)


def test_a_bucket_without_its_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("config.find_spec", lambda name: None)
    said = problems(TENANTRY_VAR=str(tmp_path), TENANTRY_FILES_STORE="s3", TENANTRY_FILES_S3_BUCKET="abc")
    assert "pip install 'tenantry[s3]'" in said


def test_every_setting_that_is_read_is_known():
    """A name that is read but not listed would be refused as soon as somebody sets it."""
    import re

    import config

    read = re.findall(
        r'reader\.(?:text|choice|folder|identifier|flag|number)\("([A-Z0-9_]+)"', Path(config.__file__).read_text()
    )
    assert set(read) <= config.KNOWN
    assert len(read) > 20


def test_mail_needs_a_server_and_a_sender():
    sender = "Office <office@example.com>"
    made = load_settings({"TENANTRY_SMTP_URL": "smtp://u:p@mail.example.com:587", "TENANTRY_MAIL_FROM": sender})
    assert (made.smtp_url, made.mail_from, made.mail_per_day) == ("smtp://u:p@mail.example.com:587", sender, 1_000)
    assert "u:p" not in repr(made)
    assert "go together" in problems(TENANTRY_SMTP_URL="smtp://mail.example.com")
    assert "go together" in problems(TENANTRY_MAIL_FROM=sender)
    assert "1 to" in problems(TENANTRY_MAIL_PER_DAY="none")


@pytest.mark.parametrize(
    "url",
    ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:port", "smtp://host:99999", "smtp://h/x"],
)
def test_addresses_of_no_mail_server_are_refused(url):
    assert "TENANTRY_SMTP_URL" in problems(TENANTRY_SMTP_URL=url, TENANTRY_MAIL_FROM="a@example.com")


@pytest.mark.parametrize(
    "sender", ["office", "a@b", "A <a@example.com", "a@example.com\nBcc: x@y.example", "a b@c.example"]
)
def test_senders_that_are_none_are_refused(sender):
    assert "TENANTRY_MAIL_FROM" in problems(TENANTRY_SMTP_URL="smtp://mail.example.com", TENANTRY_MAIL_FROM=sender)


def test_production_sends_no_mail_password_in_the_clear():
    plain = {"TENANTRY_SMTP_URL": "smtp+plain://u:p@relay.internal", "TENANTRY_MAIL_FROM": "a@example.com"}
    assert any("without encryption" in one for one in production_problems(**plain))
    assert production(**{**plain, "TENANTRY_SMTP_URL": "smtp+plain://relay.internal"}).smtp_url
