"""The entry point of gunicorn (``gunicorn wsgi:app``) and of the admin commands (``flask --app wsgi …``)."""

from app import create_app

app = create_app()
