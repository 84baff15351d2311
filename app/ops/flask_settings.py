"""What Flask, Flask-AppBuilder and the extensions are told, derived from our settings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.data.dialect import with_driver

if TYPE_CHECKING:
    from config import Settings

LANGUAGES = {
    "en": {"flag": "gb", "name": "English"},
    "ar": {"flag": "sa", "name": "العربية"},
    "es": {"flag": "es", "name": "Español"},
    "fr": {"flag": "fr", "name": "Français"},
    "tr": {"flag": "tr", "name": "Türkçe"},
}


def flask_config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.derived_key("flask"),
        "TENANTRY": settings,
        "DEBUG": settings.debug,
        "TESTING": settings.environment == "test",
        # A little more than the largest file, so that one just over the limit is refused in words, on its own page.
        "MAX_CONTENT_LENGTH": (settings.max_upload_mb + 1) * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "MAX_FORM_PARTS": 5000,
        "TRUSTED_HOSTS": trusted_hosts(settings),
        **_cookies(settings),
        **_database(settings),
        **_appbuilder(settings),
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_DEFAULT_TIMEZONE": "UTC",
        "LANGUAGES": LANGUAGES,
        "API_REQUESTS_PER_MINUTE": settings.api_requests_per_minute,
        "JWT_SECRET_KEY": settings.derived_key("jwt"),
        "RATELIMIT_ENABLED": True,
        "RATELIMIT_STORAGE_URI": limiter_storage(settings.redis_url),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": True,
    }


def trusted_hosts(settings: Settings) -> list[str] | None:
    """Host names that are answered: all, until some are named; then those, our own, and probes from this machine."""
    if not settings.allowed_hosts:
        return None
    own = urlsplit(settings.public_url).hostname or "localhost"
    return [*settings.allowed_hosts, own, "localhost", "127.0.0.1", "::1"]


def limiter_storage(redis_url: str) -> str:
    """Flask-Limiter spells a unix socket differently from redis-py."""
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url


def _cookies(settings: Settings) -> dict[str, Any]:
    secure = settings.public_url.startswith("https://")
    return {
        "SESSION_COOKIE_NAME": "__Host-tenantry" if secure else "tenantry",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=settings.session_absolute_days),
        "PREFERRED_URL_SCHEME": "https" if secure else "http",
    }


def _database(settings: Settings) -> dict[str, Any]:
    return {
        "SQLALCHEMY_DATABASE_URI": with_driver(settings.role_url("app")),
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.pool_size, "tenantry-app"),
        "SQLALCHEMY_BINDS": {
            "platform": {
                "url": with_driver(settings.role_url("platform")),
                **engine_options(4, "tenantry-platform"),
            },
            "platform_direct": {
                "url": with_driver(settings.role_url("platform")),
                **engine_options(4, "tenantry-platform"),
                "isolation_level": "AUTOCOMMIT",
                "pool_reset_on_return": None,
            },
        },
        "SQLALCHEMY_TRACK_MODIFICATIONS": False,
    }


def engine_options(pool_size: int, application_name: str) -> dict[str, Any]:
    """A pool of up to `pool_size` + 2 connections: survives a restart of the database, hides values in errors.

    The connection given back last is taken first, for it has its statements prepared and its caches warm.
    """
    return {
        "pool_size": pool_size,
        "max_overflow": 2,
        "pool_timeout": 10,
        "pool_recycle": 1800,
        "pool_pre_ping": True,
        "pool_use_lifo": True,
        "hide_parameters": True,
        "connect_args": {"application_name": application_name, "connect_timeout": 5},
    }


def _appbuilder(settings: Settings) -> dict[str, Any]:
    """Flask-AppBuilder writes nothing at start-up, brings no screens of its own accord and shows no stack trace."""
    return {
        "APP_NAME": "Tenantry",
        "AUTH_TYPE": 1,
        "AUTH_USER_REGISTRATION": False,
        "AUTH_RATE_LIMITED": False,
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_SECURITY_API": False,
        "FAB_ADD_MENU_API": False,
        "FAB_ADD_OPENAPI_VIEW": False,
        "FAB_API_SWAGGER_UI": False,
        "FAB_ROLES": {},
        "FAB_API_ALLOW_JSON_QS": False,
        "FAB_API_SHOW_STACKTRACE": False,
        "FAB_API_MAX_PAGE_SIZE": 200,
        "FAB_PASSWORD_COMPLEXITY_ENABLED": True,
        "FAB_SAFE_REDIRECT_HOSTS": [urlsplit(settings.public_url).netloc, *settings.allowed_hosts],
    }
