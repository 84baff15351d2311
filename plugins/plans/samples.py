"""What checks fill records with, where any value of the kind will not do."""

SAMPLES = {
    "plans.plan": {
        "plugins": lambda number, marker: ["*"],
        "limits": lambda number, marker: {},
        "trial_until": lambda number, marker: None,
        "trial_ended": lambda number, marker: False,
    },
}
