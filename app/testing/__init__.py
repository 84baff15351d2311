"""Fixtures for the tests of the core and of every plugin: `pytest_plugins = ["app.testing.fixtures"]`."""
