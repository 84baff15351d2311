"""Generated screens and REST: everything that is Flask-AppBuilder, and nothing that is not."""
