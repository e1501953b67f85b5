"""Messages for a request body over the limit: which field it was, its limit, and how to continue.

The body is not read, so the page cannot show what was typed; the browser's back button restores it.
"""

from flask import current_app, request

from app.core.i18n.formatting import file_size, number
from app.core.i18n.gettext import N_, _
from app.walks.uploads import kinds

WHOLE = N_("That was more than we read at once: {limit} bytes at most.")
FORM = "multipart/form-data"
MAKING = "pages.edit", "pages.commission"
RESTORING = "restoring.restore"


def limit() -> int:
    """Return the limit that the body exceeds, in bytes: that of the whole body, or else that of its text fields."""
    most, length = request.max_content_length or 0, request.content_length
    return int(current_app.config["BODY_MAX"]) if length is not None and 0 < length <= most else most


def limit_message() -> str:
    """Return a sentence with the limit."""
    return _(WHOLE).format(limit=number(limit()))


def advice() -> str:
    """Return advice for people: which field was probably too large, and how to continue."""
    config, size = current_app.config, limit()
    if request.endpoint in MAKING and request.mimetype == FORM and size > config["BODY_MAX"]:
        field = _(
            "It was the pictures for the stops (“Add a photo or a drawing”): each may have %(each)s, and the form "
            "with all of them %(whole)s; or the music, which may have %(sound)s. Choose a smaller file, or upload one "
            "after the other.",
            each=file_size(kinds.bytes_max(kinds.OF_STOPS)),
            sound=file_size(kinds.bytes_max(kinds.OF_WALKS)),
            whole=file_size(size),
        )
    elif request.endpoint in MAKING:
        field = _(
            "It was what is written in the form: a prompt has at most %(most)s characters.", most=config["PROMPT_MAX"]
        )
    elif request.endpoint == RESTORING:
        field = _(
            "It was the film or recipe (“Load settings from a file”): at most %(most)s are read.", most=file_size(size)
        )
    else:
        field = ""
    back = _("Nothing of it was read or kept. The back button of your browser leads to what you typed.")
    return f"{field} {back}".strip()
