"""The rooms of each package, from the ground up."""

from __future__ import annotations

LAYERS = {
    "app": """addresses client_address environment field_docs files local_time version | i18n
        | errors models
        | bounds field_errors instance settings | config | text
        | storage | generation uploads
        | drawings | queue | walks | reading | search | moderation observability styles | auth | labels | walk_requests
        | gallery | wall | maintenance operations presentation teaching | archives processes | web
        | admin api pages publishing slideshow wall_pages | cli | __init__ | run""",
    "worker": """__init__ | metrics | film networks photos planning safety | diffusion queue | process | tasks
        | failures writing_side | job | __main__""",
    "studio": """__init__ | errors | styles workspace | text | captioning collecting scenes | lexicon training | judging
        | publishing | stages | __main__""",
    "sketch": """__init__ | colour habitats keys remembering | layers | marks | cells materials prints
        | compositions | scene
        | palettes surroundings svg | arrangement backdrops lighting sketchbook svg_css
        | framing painterly parts wording | rendering | shapes styling | mixing | walks""",
}
"""The rooms from the ground up; those between the same bars know nothing of each other."""


def floors(layers: str) -> dict[str, int]:
    """Map each room to how high it lies."""
    return {room: floor for floor, rooms in enumerate(layers.split("|")) for room in rooms.split()}
