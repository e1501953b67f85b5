"""The rooms of each package, and those within the rooms of the site, from the ground up."""

LAYERS = {
    "app": """core | reading storage | offer | walks | collection | access | requests | wall | site | upkeep
        | cli | __init__ | run""",
    "app.core": """__init__ addresses client_address environment field_docs files garbage late_app
         local_time malloc progress version | i18n
        | errors models | bounds field_errors instance settings | config | text""",
    "app.offer": "__init__ | generation | drawings",
    "app.walks": "__init__ | uploads | queue | saved",
    "app.collection": "__init__ | search | moderation styles | labels | gallery",
    "app.access": "__init__ | observability | auth",
    "app.requests": "__init__ | walk_requests | teaching",
    "app.site": "__init__ | presentation | web | admin api pages publishing slideshow wall_pages",
    "app.upkeep": "__init__ | maintenance operations | archives processes",
    "worker": """stand_ins | __init__ | metrics | film networks photos planning safety sound | diffusion queue | process
        | tasks | failures writing_side | job | __main__""",
    "studio": """__init__ | errors | styles workspace | text | captioning collecting scenes | lexicon training | judging
        | publishing | stages | __main__""",
    "sketch": """__init__ | stemmers | colour habitats keys lettering remembering | layers | marks
        | cells materials prints | compositions | scene
        | palettes placing surroundings svg | relations | arrangement backdrops lighting sketchbook svg_css
        | framing painterly parts wording | rendering | shapes styling | mixing | walks""",
}
"""The rooms from the ground up; those between the same bars know nothing of each other."""


def floors(layers: str) -> dict[str, int]:
    """Map each room to how high it lies."""
    return {room: floor for floor, rooms in enumerate(layers.split("|")) for room in rooms.split()}
