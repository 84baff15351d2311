"""Which records look like one: what counts, how much two have in common, who is looked for."""
