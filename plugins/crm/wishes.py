"""What a tenant's admins choose for the CRM, under Settings, Plugins: how often is tried again, when people are
reminded, and who hears of leads that are left alone."""

from __future__ import annotations

from app.sdk import Field, _l


def settings() -> list[Field]:
    return [
        Field("integer", "appointment_minutes", label=_l("Minutes of an appointment"), required=True, minimum=5,
              maximum=1_440, default=30, help=_l("When nobody says how long it takes.")),
        Field("integer", "most_tries", label=_l("Tries after no answer"), required=True, minimum=1, maximum=20,
              default=4, help=_l("The first one counts, too.")),
        Field("integer", "pause_minutes", label=_l("Minutes between two tries"), required=True, minimum=15,
              maximum=20_160, default=120),
        Field("flag", "retry_invites", label=_l("Tell the contact of another try"), default=False,
              help=_l("Their invitation moves to its time. When off, only the first one writes to them.")),
        Field("integer", "guest_reminder_hours", label=_l("Hours before which contacts are reminded"), required=True,
              minimum=0, maximum=336, default=24, help=_l("By e-mail, where they were invited; 0 reminds nobody.")),
        Field("flag", "alert_unowned", label=_l("Tell managers of leads that nobody has and that are left alone"),
              default=True, help=_l("The manager of their territory, or else the admins.")),
        Field("integer", "escalate_days", label=_l("Days after which managers hear of leads that are left alone"),
              required=True, minimum=0, maximum=60, default=7,
              help=_l("Counted from the alert of the owner, whose manager is told; 0 tells nobody.")),
    ]  # fmt: skip
