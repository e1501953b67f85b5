"""Marks of modules whose tests take torch's time, and in which libraries warn of what is theirs.

Warnings of the future are of transformers; those of `__array__` are of NumPy about how diffusers' solvers make arrays.
"""

import pytest

SLOW_CALLS = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]
"""Tests that call diffusers' own pipelines."""
SLOW_TRAINING = [*SLOW_CALLS, pytest.mark.filterwarnings("ignore::FutureWarning")]
"""Tests that train."""
SLOW_LORAS = [*SLOW_TRAINING, pytest.mark.filterwarnings("ignore::UserWarning")]
"""Tests that lay LoRA files over networks with peft."""
