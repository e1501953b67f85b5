"""The painting side of MoMA Lisa: claims walks, paints their frames, and makes the films."""

import os

# Torch's threads spin while they wait for each other. Where anything else wants a processor, the one that is waited for
# does not get it, and a walk of seconds takes minutes. This must stand before libgomp is loaded, so before torch is.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
