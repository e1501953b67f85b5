"""The entry point of gunicorn (``gunicorn wsgi:app``) and of the admin commands (``flask --app wsgi …``)."""

import logging

from app import create_app
from app.observability import log_lines, telemetry

log_lines.configure(log_lines.TEXT, logging.WARNING)
app = create_app()
log_lines.configure(app.config["LOG_FORMAT"], logging.WARNING)
telemetry.init_app(app)
