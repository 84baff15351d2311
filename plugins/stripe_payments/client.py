"""Stripe's own library, which speaks through the house: to the declared host alone, within the time that is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.sdk import Declined, NotReached, Unanswered, _, call_host, setting

if TYPE_CHECKING:
    from stripe import StripeClient

API = "https://api.stripe.com"
LARGEST = 1024 * 1024


def missing() -> str | None:
    """What a tenant has not set up."""
    if not setting("stripe_payments.secret_key"):
        return _("Stripe's secret key is not filled in.")
    if not setting("stripe_payments.signing_secret"):
        return _("Stripe's signing secret is not filled in, so nobody hears of payments.")
    return None


@contextmanager
def stripe_client() -> Iterator[StripeClient]:
    """A client with the tenant's key. Inside, what Stripe refuses for good is raised as Declined."""
    import stripe  # some 900 modules: not before somebody pays

    class Through(stripe.HTTPClient):
        """Its requests as calls of the house."""

        name = "tenantry"

        def request(
            self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
        ) -> tuple[str, int, Mapping[str, str]]:
            body = post_data.encode() if isinstance(post_data, str) else post_data or b""
            try:
                answer = call_host(method.upper(), url, headers, body, body_limit=LARGEST)
            except (Unanswered, ValueError) as error:  # no answer, or no address that may be called
                raise stripe.APIConnectionError(str(error)) from None
            return answer.body.decode(), answer.status, {name.lower(): value for name, value in answer.headers}

    key = setting("stripe_payments.secret_key")
    if not key:
        raise Declined(_("Stripe's secret key is not filled in."))
    try:
        yield stripe.StripeClient(key, base_addresses={"api": API}, http_client=Through(), max_network_retries=0)
    except (
        stripe.InvalidRequestError,
        stripe.CardError,
        stripe.AuthenticationError,
        stripe.PermissionError,
    ) as error:
        raise Declined(error.user_message or str(error)) from None
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise NotReached(error.user_message or str(error)) from None
