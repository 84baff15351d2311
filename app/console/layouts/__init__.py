"""Layouts by role: the page on which a tenant's admins arrange them, and what a layout must not do."""
