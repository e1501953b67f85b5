"""The commands of docs/how-to/operators/upgrading.md, run with today's code."""

from tests.support.live import LiveSite

COMMANDS = ("db upgrade", "gallery reindex", "media prune --yes", "media verify", "media mend")


def upgrade(site: LiveSite) -> list[str]:
    """Run the commands of the page on the site, each of which must succeed, and return what each printed."""
    return [site.flask(*line.split()).stdout for line in COMMANDS]
