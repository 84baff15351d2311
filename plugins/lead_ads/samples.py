"""What checks call jobs with."""

JOBS = {
    "lead_ads.back_fill": lambda record: [record("lead_ads.account", platform="meta"), "2026-01-01", "2026-01-31"],
    "lead_ads.fetch": lambda record: [record("lead_ads.lead", state="waiting")],
}
