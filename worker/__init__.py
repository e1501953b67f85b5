"""The worker of MoMA Lisa: claims tasks, generates the frames of walks, and makes the films."""

import os

# Torch's threads spin while they wait for each other. If other processes need the CPU, spinning threads take it from
# the thread that is waited for, and a walk of seconds takes minutes. Set this before libgomp, and so torch, is loaded.
os.environ["OMP_WAIT_POLICY"] = os.environ.get("OMP_WAIT_POLICY", "").strip() or "PASSIVE"
