"""The people and companies a tenant deals with, shared by all verticals."""
