"""Mails with a lead's contact: the customer's word waits for an answer, ours is the answer, told once on the timeline."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from app.mailboxes.happenings import MailReceived, MailSent
from app.sdk import publish, utcnow
from app.testing.pumping import discard_pending, pump
from plugins.crm.models import Lead
from plugins.crm.tests.sales import Sales
from plugins.crm.tests.test_responses import lead_of, target

HOUR = timedelta(hours=1)
