"""The model that is shipped: what it says of itself, and where it lies."""

from __future__ import annotations

import json

from app.config import ROOT

HOUSE = ROOT / "models" / "house"
FACTS = json.loads((HOUSE / "house.json").read_bytes())
NAME = str(FACTS["name"])
SIZE = int(FACTS["size"])  # pixels a side
