"""The verbs of the CRM: the only writers of anything that has a rule. They flush; the edge commits."""
