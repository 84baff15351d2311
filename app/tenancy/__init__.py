"""Tenants, memberships, and how a request finds its tenant."""
