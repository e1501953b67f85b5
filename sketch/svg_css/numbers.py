"""Numbers and angles as CSS writes them."""

from __future__ import annotations

import math

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
DEGREES = {"": 1.0, "deg": 1.0, "grad": 0.9, "rad": math.degrees(1), "turn": 360.0}
"""How many degrees each unit of angles has; a number without a unit is one of degrees."""
