"""What people are told: notices in the app and by e-mail, and the one queue of mail that leaves the house.

    notify(lead.assigned_to_id, "crm.follow_up_due", _l("Call %(name)s", name=lead.name), target=lead, at=tomorrow)
    send_mail("nora@example.com", _("Your appointment"), text, attachments=[Attached("invite.ics", ICS, content)])

A notice is a row per receiver (`notifying`); how it reaches them is their choice (`receivers`, `mailing`). Mail is a
row too (`outbox`), which a job sends at most once (`sending`).
"""
