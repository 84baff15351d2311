"""What the rest of the house may do with accounts, members, sessions and tokens."""

from app.identity.accounts import create_account, find_account, get_account, save_preferences, set_active, set_password
from app.identity.api_tokens import issue_token, revoke_token, tokens_of
from app.identity.members import add_member, is_member, my_tenants, remove_member, tenant_for
from app.identity.principal import Place
from app.identity.problems import IdentityError
from app.identity.sessions import devices_of, end_session, end_sessions, open_session

__all__ = [
    "IdentityError", "Place", "add_member", "create_account", "devices_of", "end_session", "end_sessions",
    "find_account", "get_account", "is_member", "issue_token", "my_tenants", "open_session", "remove_member",
    "revoke_token", "save_preferences", "set_active", "set_password", "tenant_for", "tokens_of",
]  # fmt: skip
