"""The entry point of gunicorn (``gunicorn wsgi:app``) and of the admin commands (``flask --app wsgi …``)."""

import logging

from app import create_app

logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s")
app = create_app()
