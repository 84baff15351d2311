"""Questions of a public form, somebody who answers them, and the run of the job that reads the answers."""

from __future__ import annotations

from uuid import uuid4

from plugins.crm.models import CaptureField


class Run:
    """A job's run that nobody watches."""

    id, attempt = uuid4(), 1

    def progress(self, done, total=None, words=""):
        pass

    def check(self):
        pass


def question(label, target=None, kind="text", **more):
    return CaptureField(label=label, name=label.lower().replace(" ", "_"), target=target, kind=kind, **more)


QUESTIONS = (
    ("Name", "contact.name", "text", {"required": True}),
    ("Email", "contact.email", "email", {"required": True}),
    ("Phone", "contact.phone", "phone", {}),
    ("Company", "contact.company", "text", {}),
    ("Message", "lead.description", "long_text", {}),
    ("Budget", "lead.value", "number", {}),
    ("Colour", None, "choice", {"options": "Red\nBlue"}),
    ("Consent", "consent", "tick", {}),
)


NORA = {"name": "Nora Salem", "email": "Nora@Mail.example", "phone": "050 123 4567", "message": "Please call"}
