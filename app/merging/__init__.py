"""Merging records that mean the same, with all that refers to them, taking it back, and finding such records."""
