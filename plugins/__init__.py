"""The verticals: one folder each, found by the host."""
