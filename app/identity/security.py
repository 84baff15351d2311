"""Flask-AppBuilder's security manager, bent: its tables, views and decorators stay, what it decides and stores is ours.

It signs nobody in by its own cookie, issues no JWT, writes nothing at start-up, and checks permissions without a query.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, request
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager

from app.identity.accounts import get_account, set_password
from app.identity.gate import decide
from app.identity.models import Account
from app.identity.operator import ACCOUNT_VIEWS
from app.identity.principal import principal
from app.identity.refusal import SignInRefusedError
from app.identity.sign_in import check_credentials
from app.identity.throttle import TooManyAttemptsError
from app.identity.views import SignInView

log = logging.getLogger(__name__)


class TenantrySecurity(SecurityManager):  # type: ignore[misc]
    """See the module's docstring. Set as `FAB_SECURITY_MANAGER_CLASS`."""

    user_model = Account
    userstatschartview = None

    def create_db(self) -> None:
        """Nothing: tables come from migrations, roles from `tenantry sync`."""

    def create_login_manager(self, app: Flask) -> LoginManager:
        """Flask-Login asks us who this is at every request and remembers nobody."""
        manager = LoginManager(app)
        manager.login_view = f"{SignInView.__name__}.login"
        manager.session_protection = None
        manager.user_loader(lambda _key: None)
        manager.request_loader(lambda _request: principal())
        return manager

    def create_limiter(self, app: Flask) -> Limiter:
        """Switched off: sign-in is throttled by `app.identity.throttle`, which needs no Redis."""
        return Limiter(key_func=get_remote_address, enabled=False)

    def register_views(self) -> None:
        """The sign-in page, and the operator's screens in place of Flask-AppBuilder's own."""
        self.auth_view = SignInView()
        self.appbuilder.add_view_no_menu(self.auth_view)
        for view in ACCOUNT_VIEWS:
            self.appbuilder.add_view_no_menu(view)

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Resources (`contacts.contact`) by the one gate; everything else in Flask-AppBuilder is the operator's."""
        person = principal()
        if person is None:
            return False
        if "." not in view_name:
            return person.is_operator
        return bool(decide(view_name, permission_name.removeprefix("can_")).allowed)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Nothing is public by a role; public views say so with `@access("public")`."""
        return False

    def get_user_roles(self, user: Any) -> list[Any]:
        """Roles hang on memberships and are read with the request; Flask-AppBuilder's own table of them is not used."""
        return []

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """Flask-AppBuilder's menu is not shown to tenants."""
        person = principal()
        return set(menu_names or ()) if person is not None and person.is_operator else set()

    def load_user(self, pk: Any) -> None:
        """Nobody is ever loaded from a signed cookie."""

    def load_user_jwt(self, _jwt_header: Any, jwt_data: Any) -> None:
        """Nobody is ever loaded from a JWT: they could not be revoked."""

    def auth_user_db(self, username: str, password: str) -> Account | None:
        """Check a name and a password, throttled like every sign-in; None when refused."""
        try:
            return get_account(check_credentials(username, password, request.remote_addr or "").account_id)
        except (SignInRefusedError, TooManyAttemptsError):
            return None

    def reset_password(self, userid: int, password: str) -> None:
        """Set a password by the rules, and end the account's sessions."""
        set_password(int(userid), password)

    def security_cleanup(self, baseviews: Any, menus: Any) -> None:
        """Nothing: a plugin that is absent in this process must not lose its permissions."""

    def security_converge(self, baseviews: Any, menus: Any, dry: bool = False) -> dict[str, Any]:
        """Nothing: see `security_cleanup`."""
        return {}
