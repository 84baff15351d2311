pytest_plugins = ["app.testing.fixtures"]
collect_ignore = ["vendor_plugin"]
"""A package of its own: `test_vendor.py` installs it into a fresh environment and runs its tests there."""
