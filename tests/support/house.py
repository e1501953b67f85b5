"""The model that is shipped, for tests that paint with it."""

from __future__ import annotations

import json

from app.config import ROOT

HOUSE = ROOT / "models" / "house"
SIZE = int(json.loads((HOUSE / "house.json").read_bytes())["size"])  # pixels a side
