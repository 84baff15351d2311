"""Environment variables in, typed settings out. What is unknown, or unsafe in production, is refused in plain words."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

from app.sso.settings import NAMES, SignInSettings, provider_names, read_sign_in

if TYPE_CHECKING:
    from app.data.secrets import SecretKey

Environment = Literal["development", "production", "test"]
Role = Literal["owner", "app", "platform"]

ROOT = Path(__file__).resolve().parent
MINIMUM_SECRET = 32
WEAK_SECRETS = frozenset({"change-me", "changeme", "secret", "development", "default", "tenantry"})
PREFIX = "TENANTRY_"


class SettingsError(Exception):
    """The environment cannot be used as it is. `problems` holds one clear sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that may differ between two installations. Build it with `load_settings`."""

    environment: Environment
    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    var: Path
    public_url: str
    embedded_postgres: bool
    embedded_valkey: bool
    role_urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    role_prefix: str = "tenantry"
    debug: bool = False
    log_format: Literal["json", "text"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    trusted_proxies: int = 0
    allowed_hosts: tuple[str, ...] = ()
    session_idle_minutes: int = 120
    session_absolute_days: int = 14
    pool_size: int = 8
    web_workers: int = 2
    web_threads: int = 8
    demo_password: str | None = field(default=None, repr=False)
    files_store: Literal["local", "s3"] = "local"
    files_dir: Path = Path("files")
    files_quota_mb: int = 10_240
    files_s3_bucket: str = ""
    files_s3_endpoint: str = ""
    files_s3_region: str = ""
    files_s3_access_key: str | None = field(default=None, repr=False)
    files_s3_secret_key: str | None = field(default=None, repr=False)
    max_upload_mb: int = 25
    api_requests_per_minute: int = 600
    metrics_token: str | None = field(default=None, repr=False)
    job_workers: int = 4
    job_lease_seconds: int = 15
    jobs_per_tenant: int = 0
    audit_keep_days: int = 0
    """How long the audit log keeps its entries; 0 keeps them for ever."""
    audit_anchors: Path = Path("audit-anchors.jsonl")
    audit_anchor_seconds: int = 60
    """How often heads that moved are written there: what came and was cut in between is not found."""
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)
    outbound_http: bool = False
    outbound_ports: tuple[int, ...] = ()
    outbound_networks: tuple[str, ...] = ()
    smtp_url: str = field(default="", repr=False)
    """The platform's own way out for mail: of tenants that have no account of their own."""
    mail_from: str = ""
    mail_per_day: int = 1_000
    """How much one tenant may send a day by the platform's account."""
    geocoder_url: str = ""
    """The search address of a Nominatim server that looks up where addresses are; empty for none."""
    sign_in: SignInSettings = field(default_factory=SignInSettings)

    @property
    def production(self) -> bool:
        return self.environment == "production"

    def derived_key(self, purpose: str) -> str:
        """64 hex digits that only holders of the secret key can compute, different for each purpose."""
        return hmac.new(self.secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()

    @property
    def secret_keys(self) -> list[SecretKey]:
        """The keys of secrets at rest (see `app.data.secrets`): the first seals, all open."""
        from app.data.secrets import SecretKey

        return [SecretKey.of(words) for words in self.encryption_keys or (self.derived_key("secrets"),)]

    def role_name(self, role: Role) -> str:
        return f"{self.role_prefix}_{role}"

    def role_url(self, role: Role) -> str:
        """The SQLAlchemy address that signs in as one of our three database roles."""
        from sqlalchemy.engine import make_url

        given = self.role_urls.get(role)
        address = make_url(given or self.database_url).set(drivername="postgresql+psycopg")
        if not given:
            address = address.set(username=self.role_name(role), password=self.derived_key(role))
        return address.render_as_string(hide_password=False)

    def flask_config(self) -> dict[str, Any]:
        """What Flask, Flask-AppBuilder and their extensions read."""
        from app.ops.flask_settings import flask_config

        return flask_config(self)


def socket_folder(directory: Path) -> Path:
    """Where the embedded server with its data in `directory` listens: short at any depth, the same for every shell.

    Unix socket paths end at 107 bytes, so it lies under /tmp (not TMPDIR, which differs between shells).
    """
    shared = Path("/tmp")  # noqa: S108  (the folder itself is private to its owner: see app.ops.embedded.folders)
    base = shared if os.access(shared, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    digest = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:12]
    return base / f"tenantry-{os.getuid()}-{digest}"


def embedded_postgres_url(directory: Path) -> str:
    return f"postgresql://postgres@/tenantry?host={socket_folder(directory)}"


def embedded_valkey_url(directory: Path) -> str:
    return f"unix://{socket_folder(directory)}/valkey.sock"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process environment).

    Outside production it creates the folder for data and a random secret key in it, once. Raises SettingsError.
    """
    reader = _Reader(os.environ if environ is None else environ)
    reader.refuse_unknown()
    environment = reader.choice("ENV", "development", get_args(Environment))
    production = environment == "production"
    var = reader.folder("VAR", default_var())
    database_url, redis_url = reader.text_of("DATABASE_URL"), reader.text_of("REDIS_URL")
    role_urls = {
        role: url for role in get_args(Role) if (url := reader.text_of(f"TENANTRY_{role.upper()}_DATABASE_URL"))
    }
    values: dict[str, Any] = {
        "environment": environment,
        "secret_key": reader.text("SECRET_KEY"),
        "database_url": database_url or role_urls.get("owner", "") or ("" if production else _embedded(var)[0]),
        "redis_url": redis_url or ("" if production else _embedded(var)[1]),
        "embedded_postgres": not production and not (database_url or role_urls),
        "embedded_valkey": not production and not redis_url,
        "var": var,
        "role_urls": role_urls,
        "public_url": reader.text("PUBLIC_URL", "" if production else "http://127.0.0.1:8000").rstrip("/"),
        "role_prefix": reader.identifier("ROLE_PREFIX", "tenantry"),
        "debug": reader.flag("DEBUG", False),
        "log_format": reader.choice("LOG_FORMAT", "json" if production else "text", ("json", "text")),
        "log_level": reader.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        "trusted_proxies": reader.number("TRUSTED_PROXIES", 0, 0, 10),
        "allowed_hosts": tuple(reader.text("ALLOWED_HOSTS").replace(",", " ").split()),
        "session_idle_minutes": reader.number("SESSION_IDLE_MINUTES", 120, 1, 60 * 24 * 30),
        "session_absolute_days": reader.number("SESSION_ABSOLUTE_DAYS", 14, 1, 365),
        "pool_size": reader.number("POOL_SIZE", 8, 1, 200),
        "web_workers": reader.number("WEB_WORKERS", min(4, max(2, os.cpu_count() or 2)), 1, 64),
        "web_threads": reader.number("WEB_THREADS", 8, 1, 128),
        "demo_password": reader.text("DEMO_PASSWORD") or None,
        "files_store": reader.choice("FILES_STORE", "local", ("local", "s3")),
        "files_dir": reader.folder("FILES_DIR", var / "files"),
        "files_quota_mb": reader.number("FILES_QUOTA_MB", 10_240, 1, 100_000_000),
        "files_s3_bucket": reader.text("FILES_S3_BUCKET"),
        "files_s3_endpoint": reader.text("FILES_S3_ENDPOINT").rstrip("/"),
        "files_s3_region": reader.text("FILES_S3_REGION"),
        "files_s3_access_key": reader.text("FILES_S3_ACCESS_KEY") or None,
        "files_s3_secret_key": reader.text("FILES_S3_SECRET_KEY") or None,
        "api_requests_per_minute": reader.number("API_REQUESTS_PER_MINUTE", 600, 1, 1_000_000),
        "max_upload_mb": reader.number("MAX_UPLOAD_MB", 25, 1, 1024),
        "metrics_token": reader.text("METRICS_TOKEN") or None,
        "job_workers": reader.number("JOB_WORKERS", 4, 1, 256),
        "job_lease_seconds": reader.number("JOB_LEASE_SECONDS", 15, 1, 3600),
        "jobs_per_tenant": reader.number("JOBS_PER_TENANT", 0, 0, 10_000),
        "audit_keep_days": reader.number("AUDIT_KEEP_DAYS", 0, 0, 36_500),
        "audit_anchors": reader.folder("AUDIT_ANCHORS", var / "audit-anchors.jsonl"),
        "audit_anchor_seconds": reader.number("AUDIT_ANCHOR_SECONDS", 60, 1, 86_400),
        "encryption_keys": reader.keys("ENCRYPTION_KEYS"),
        "outbound_http": reader.flag("OUTBOUND_HTTP", False),
        "outbound_ports": reader.ports("OUTBOUND_PORTS"),
        "outbound_networks": reader.networks("OUTBOUND_NETWORKS"),
        "smtp_url": reader.text("SMTP_URL"),
        "mail_from": reader.text("MAIL_FROM"),
        "mail_per_day": reader.number("MAIL_PER_DAY", 1_000, 1, 10_000_000),
        "geocoder_url": reader.text("GEOCODER_URL"),
        "sign_in": read_sign_in(reader, production),
    }
    reader.check_addresses(values)
    if values["files_store"] == "s3":
        reader.check_s3(values)
    reader.check_mail(values)
    if production:
        reader.refuse_unsafe(values)
    if reader.problems:
        raise SettingsError(reader.problems)
    values["secret_key"] = values["secret_key"] or development_secret(var)
    return Settings(**values)


def default_var() -> Path:
    """`var` beside the source of a checkout; in the working folder for an installed package."""
    return (ROOT if (ROOT / "pyproject.toml").exists() else Path.cwd()) / "var"


def development_secret(var: Path) -> str:
    """The random secret key of this checkout, made on first use and readable by its owner only."""
    path = var / "secret-key"
    try:
        return read_or_create(path, lambda: secrets.token_hex(32))
    except OSError as error:
        raise SettingsError(
            [f"The folder {var} cannot be used: {error.strerror}. Set TENANTRY_VAR to another."]
        ) from error


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """The text of a private file (mode 0600); the first of several processes to ask writes it. Raises OSError."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        try:
            draft.write_text(make())
            os.link(draft, path)  # fails when another process was first, so nobody ever reads half a file
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _embedded(var: Path) -> tuple[str, str]:
    return embedded_postgres_url(var / "postgres"), embedded_valkey_url(var / "valkey")


class _Reader:
    """Reads variables by type and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def refuse_unknown(self) -> None:
        known = KNOWN | NAMES | set(provider_names(self.environ))
        for name in sorted(self.environ):
            if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known:
                self.problems.append(f"{name} is not a setting of Tenantry.")

    def text_of(self, name: str) -> str:
        return self.environ.get(name, "").strip()

    def text(self, name: str, default: str = "") -> str:
        return self.text_of(PREFIX + name) or default

    def number(self, name: str, default: int, low: int, high: int) -> int:
        given = self.text(name)
        if not given:
            return default
        if not (given.isascii() and given.isdigit() and low <= int(given) <= high):
            self.problems.append(f"TENANTRY_{name} must be a whole number from {low} to {high}, not “{given}”.")
            return default
        return int(given)

    def flag(self, name: str, default: bool) -> bool:
        given = self.text(name).lower()
        if given and given not in FLAGS:
            self.problems.append(f"TENANTRY_{name} must be yes or no, not “{given}”.")
        return FLAGS.get(given, default)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        given = self.text(name, default)
        if given not in allowed:
            self.problems.append(f"TENANTRY_{name} must be one of {', '.join(allowed)}, not “{given}”.")
        return given

    def folder(self, name: str, default: Path) -> Path:
        return Path(self.text(name) or default).expanduser().absolute()

    def identifier(self, name: str, default: str) -> str:
        given = self.text(name, default)
        if not (given.isascii() and given.replace("_", "a").isalnum() and given[0].isalpha() and len(given) <= 40):
            self.problems.append(f"TENANTRY_{name} must be a letter, then letters, digits and _, not “{given}”.")
        return given.lower()

    def keys(self, name: str) -> tuple[str, ...]:
        given = tuple(self.text(name).replace(",", " ").split())
        if any(len(key) < MINIMUM_SECRET or len(set(key)) < 8 for key in given):
            self.problems.append(f"TENANTRY_{name} must hold keys of at least {MINIMUM_SECRET} random characters.")
        return given

    def ports(self, name: str) -> tuple[int, ...]:
        given = self.text(name).replace(",", " ").split()
        if not all(one.isascii() and one.isdigit() and 0 < int(one) < 65536 for one in given):
            self.problems.append(f"TENANTRY_{name} must hold ports, such as 8443, not “{self.text(name)}”.")
            return ()
        return tuple(int(one) for one in given)

    def networks(self, name: str) -> tuple[str, ...]:
        given = tuple(self.text(name).replace(",", " ").split())
        try:
            return tuple(str(ipaddress.ip_network(one)) for one in given)
        except ValueError:
            self.problems.append(f"TENANTRY_{name} must hold networks, such as 10.1.0.0/16, not “{self.text(name)}”.")
            return ()

    def check_addresses(self, values: Mapping[str, Any]) -> None:
        databases = {"DATABASE_URL": values["database_url"]}
        databases |= {f"TENANTRY_{role.upper()}_DATABASE_URL": url for role, url in values["role_urls"].items()}
        for name, url in databases.items():
            if url and not _is_postgres(url):
                self.problems.append(
                    f"{name} must be the address of a PostgreSQL database: postgresql://user@host/name."
                )
        if values["redis_url"] and _scheme(values["redis_url"]) not in {"redis", "rediss", "unix"}:
            self.problems.append("REDIS_URL must begin with redis://, rediss:// or unix://.")
        public = _parts(values["public_url"])
        if values["public_url"] and (public is None or public.scheme not in {"http", "https"} or not public.hostname):
            self.problems.append("TENANTRY_PUBLIC_URL must look like https://office.example.com.")
        geocoder = _parts(values["geocoder_url"])
        if values["geocoder_url"] and (geocoder is None or geocoder.scheme not in {"http", "https"} or geocoder.query):
            self.problems.append("TENANTRY_GEOCODER_URL must look like https://nominatim.example.org/search.")

    def check_s3(self, values: Mapping[str, Any]) -> None:
        """A bucket that can be reached; the package for it is optional."""
        complain, endpoint = self.problems.append, _parts(values["files_s3_endpoint"])
        if find_spec("boto3") is None:
            complain("TENANTRY_FILES_STORE is s3, which needs the package boto3: pip install 'tenantry[s3]'.")
        if not _BUCKET.fullmatch(values["files_s3_bucket"]):
            complain("TENANTRY_FILES_S3_BUCKET must name a bucket: 3 to 63 small letters, digits, dots and hyphens.")
        if endpoint is None or (
            endpoint.geturl() and (endpoint.scheme not in ("http", "https") or not endpoint.netloc)
        ):
            complain("TENANTRY_FILES_S3_ENDPOINT must look like https://s3.example.com.")
        if (values["files_s3_access_key"] is None) != (values["files_s3_secret_key"] is None):
            complain("TENANTRY_FILES_S3_ACCESS_KEY and TENANTRY_FILES_S3_SECRET_KEY go together: set both or neither.")

    def check_mail(self, values: Mapping[str, Any]) -> None:
        """A server and a sender, both or neither."""
        url, sender, complain = values["smtp_url"], values["mail_from"], self.problems.append
        if bool(url) != bool(sender):
            complain("TENANTRY_SMTP_URL and TENANTRY_MAIL_FROM go together: set both or neither.")
        parts = _parts(url)
        if url and (parts is None or parts.scheme not in SMTP_SCHEMES or not parts.hostname or not _has_port(parts)):
            complain(
                "TENANTRY_SMTP_URL must look like smtp://user:password@mail.example.com:587 (STARTTLS), smtps:// (TLS "
                "from the start) or smtp+plain:// (no encryption, for a server inside your own network)."
            )
        elif url and parts is not None and (parts.path.strip("/") or parts.query or parts.fragment):
            complain("TENANTRY_SMTP_URL ends with the port.")
        if sender and not _SENDER.fullmatch(sender):
            complain("TENANTRY_MAIL_FROM must look like Office <office@example.com>, or be a bare address.")

    def refuse_unsafe(self, values: Mapping[str, Any]) -> None:
        """What is tolerable on a desk is refused in production."""
        secret, complain = values["secret_key"], self.problems.append
        if not secret or secret.lower() in WEAK_SECRETS or len(secret) < MINIMUM_SECRET or len(set(secret)) < 8:
            complain(f"Production needs TENANTRY_SECRET_KEY: at least {MINIMUM_SECRET} random characters.")
        if values["debug"]:
            complain("TENANTRY_DEBUG must be off in production: it shows the code to visitors.")
        if _scheme(values["public_url"]) != "https":
            complain("Production needs a TENANTRY_PUBLIC_URL with https://, so that no password travels in the clear.")
        if not values["database_url"]:
            complain("Production needs DATABASE_URL: the address of a PostgreSQL 15 or newer.")
        if not values["redis_url"]:
            complain("Production needs REDIS_URL: the address of a Redis or Valkey server.")
        mail = _parts(values["smtp_url"])
        if mail is not None and mail.scheme == "smtp+plain" and mail.password:
            complain("TENANTRY_SMTP_URL must not send a password without encryption: use smtp:// or smtps://.")
        if values["demo_password"]:
            complain("TENANTRY_DEMO_PASSWORD must not be set in production: there is no demo there.")


_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
SMTP_SCHEMES = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
"""How mail is handed in, and the usual port of each."""
_ADDRESS = r"[^<>@\s]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+"
_SENDER = re.compile(rf"{_ADDRESS}|[^<>\x00-\x1f\x7f]*<{_ADDRESS}>")
FLAGS = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
KNOWN = frozenset(
    """ENV SECRET_KEY VAR PUBLIC_URL ROLE_PREFIX DEBUG LOG_FORMAT LOG_LEVEL TRUSTED_PROXIES ALLOWED_HOSTS POOL_SIZE
    SESSION_IDLE_MINUTES SESSION_ABSOLUTE_DAYS WEB_WORKERS WEB_THREADS DEMO_PASSWORD FILES_DIR MAX_UPLOAD_MB
    FILES_STORE FILES_QUOTA_MB FILES_S3_BUCKET FILES_S3_ENDPOINT FILES_S3_REGION FILES_S3_ACCESS_KEY
    FILES_S3_SECRET_KEY METRICS_TOKEN ENCRYPTION_KEYS OUTBOUND_HTTP OUTBOUND_PORTS OUTBOUND_NETWORKS JOB_WORKERS
    JOB_LEASE_SECONDS JOBS_PER_TENANT AUDIT_KEEP_DAYS AUDIT_ANCHORS AUDIT_ANCHOR_SECONDS API_REQUESTS_PER_MINUTE
    OWNER_DATABASE_URL APP_DATABASE_URL PLATFORM_DATABASE_URL SMTP_URL MAIL_FROM MAIL_PER_DAY
    GEOCODER_URL""".split()
)


def _parts(url: str) -> Any:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _has_port(parts: Any) -> bool:
    """Whether the port, if there is one, is a number."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _scheme(url: str) -> str:
    parts = _parts(url)
    return parts.scheme if parts else ""


def _is_postgres(url: str) -> bool:
    parts = _parts(url)
    return parts is not None and parts.scheme.partition("+")[0] in {"postgresql", "postgres"} and len(parts.path) > 1
