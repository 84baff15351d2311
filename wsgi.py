"""The WSGI entry point: `gunicorn wsgi:app`, or better `tenantry web`."""

from app import create_app
from app.ops.logging import configure
from config import load_settings

settings = load_settings()
configure(settings)
app = create_app(settings)
