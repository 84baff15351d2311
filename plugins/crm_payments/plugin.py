"""“Ask for payment” on leads of the CRM, paid by Stripe: a bridge, on by itself where both are."""

from __future__ import annotations

from app.sdk import Action, Extension, Panel, Plugin, _l, flag, hookimpl, money, text
from plugins.crm_payments import asking

plugin = Plugin(
    "crm_payments", title=_l("Payments of leads"), summary=_l("“Ask for payment” on leads, and what became of it"),
    icon="money", order=820, requires=("crm", "stripe_payments"), bridge=True,
)  # fmt: skip


@hookimpl
def extensions() -> list[Extension]:
    ask = Action(
        "ask", _l("Ask for payment"), asking.ask, roles=("manager", "agent"), on="row", icon="money",
        parameters={
            "amount": money(label=_l("Amount"), help=_l("The value of the lead if empty.")),
            "title": text(label=_l("For what"), help=_l("The title of the lead if empty.")),
            "send": flag(label=_l("Send the address to the contact by e-mail")),
        },
    )  # fmt: skip
    paid = Panel("payments", _l("Payments"), asking.payments_of, "payments.payment.read")
    return [Extension("crm.lead", actions=(ask,), panels=(paid,))]
