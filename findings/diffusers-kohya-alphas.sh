#!/bin/sh
# diffusers gives attention layers of a UNet the most frequent alpha of a kohya LoRA file instead of their own.
#
# The guess: load_lora_adapter changes each module by alpha / rank * up * down, with the alpha that the file holds beside
# the module's matrices, as kohya's scripts do.
# Package: diffusers 0.42.1, peft 0.21.2, torch 2.13.0 (and transformers 5.23.0). Input: a small UNet with random
# weights, and a file for three layers of one attention block: rank 4, alphas 1, 4 and 4, in kohya's names.
# Seen: to_q gets the strength 1 instead of 0.25. Its alpha keeps the name that it had before the matrices were renamed
# for peft (diffusers/utils/peft_utils.py, get_peft_kwargs), so alpha_pattern names no layer of the network, and the
# most frequent alpha is taken for it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install diffusers==0.42.1 peft==0.21.2 torch==2.13.0 \
    transformers==5.23.0
"$folder/v/bin/python" - <<'PYTHON'
import sys
import warnings

import torch
from diffusers import UNet2DConditionModel
from diffusers.loaders import StableDiffusionLoraLoaderMixin

warnings.simplefilter("ignore")
unet = UNet2DConditionModel(
    sample_size=8, block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8, cross_attention_dim=32,
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
)
block = "mid_block.attentions.0.transformer_blocks.0.attn1."
alphas = {"to_q": 1.0, "to_k": 4.0, "to_v": 4.0}
tensors = {}
for name, alpha in alphas.items():
    module = f"lora_unet_{(block + name).replace('.', '_')}"
    tensors |= {f"{module}.lora_down.weight": torch.ones(4, 32), f"{module}.lora_up.weight": torch.ones(32, 4)}
    tensors[f"{module}.alpha"] = torch.tensor(alpha)
converted, found = StableDiffusionLoraLoaderMixin.lora_state_dict(tensors)
unet.load_lora_adapter(converted, prefix="unet", network_alphas=found, adapter_name="a")
scaling = {name: unet.get_submodule(block + name).scaling["a"] for name in alphas}
print("alpha / rank:", {name: alpha / 4 for name, alpha in alphas.items()}, "given:", scaling)
sys.exit(scaling != {"to_q": 1.0, "to_k": 1.0, "to_v": 1.0})
PYTHON
