#!/bin/sh
# Importing diffusers' UNet imports peft, transformers' models, torch's compiler and scipy.stats.
#
# The guess: a class of diffusers imports what it computes with, as diffusers imports its own modules late.
# Packages: diffusers 0.42.1, torch 2.13.0, peft 0.21.2, accelerate 1.15.0, transformers 5.23.0, scipy 1.17.1. Input:
# none.
# Seen: each of the modules below is imported. diffusers.hooks.layerwise_casting imports peft, which imports
# transformers' models; diffusers.utils.torch_utils imports torch._dynamo; the schedulers import scipy.stats.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install diffusers==0.42.1 torch==2.13.0 peft==0.21.2 \
    accelerate==1.15.0 transformers==5.23.0 scipy==1.17.1
"$folder/v/bin/python" - <<'PYTHON'
import sys

import diffusers

diffusers.UNet2DConditionModel
diffusers.DPMSolverMultistepScheduler
wanted = (
    "peft.peft_model", "transformers.modeling_utils", "torch._dynamo.eval_frame", "scipy.stats._stats_py",
    "accelerate.accelerator", "diffusers.models.transformers.transformer_flux",
)
missing = [name for name in wanted if name not in sys.modules]
print(f"diffusers {diffusers.__version__}: {len(sys.modules):,} modules, of those looked for all but {missing}")
sys.exit(bool(missing))
PYTHON
