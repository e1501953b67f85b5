"""The entry point of gunicorn (``gunicorn wsgi:app``) and of the admin commands (``flask --app wsgi …``)."""

import gc
import logging
import os

from app.core import garbage

with garbage.paused():
    from app import SETTINGS, create_app
    from app.access.observability import log_lines, sentry
    from app.cli import register
    from app.upkeep.processes import file_owners

    log_lines.configure(log_lines.TEXT, logging.WARNING)
    app = create_app(parts=SETTINGS if register.is_program() else None)
    log_lines.configure(app.config["LOG_FORMAT"], logging.WARNING)
    sentry.init_app(app)
    file_owners.give_at_exit(app)
    if os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn"):  # not for commands
        from app.collection.moderation import unfit_text
        from app.core import malloc
        from app.core.i18n import locale_data
        from app.offer.generation import offers
        from app.requests.walk_requests import scenes
        from app.storage.checkpoints import start_checkpoints

        malloc.limit_arenas()
        start_checkpoints(app)
        # What the first visitors would wait for, whose threads would each load it.
        unfit_text.find("a fox")
        locale_data.drop_unused()
        with app.app_context():
            scenes.preload(offers.first())
        for page in ("make", "gallery", "walk"):
            app.jinja_env.get_template(f"pages/{page}.html")
        # A full garbage collection of all that was loaded takes a tenth of a second, during which no page is answered.
        gc.collect()
        malloc.trim()  # what was needed while it was loaded
