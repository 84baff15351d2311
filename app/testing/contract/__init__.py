"""The laws, checked over everything that is installed: run by this repository, and by vendors on their plugins."""
