"""The safety check of pictures: frames, candidates and photos all go through :class:`PictureCheck`.

The setting `SAFETY_CHECKER` names the detector: diffusers' safety checker, any transformers image classifier with
labels such as "nsfw", or NudeNet. Without a detector no picture is flagged.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
Detector = Callable[[Sequence[Picture]], Sequence[bool]]
"""Takes pictures (height x width x 3, uint8) and returns for each whether it is unfit."""

UNFIT_LABELS = ("nsfw", "porn", "hentai", "sexy", "unsafe", "explicit", "gore", "nudity")
BATCH = 8
CHECKER = "StableDiffusionSafetyChecker"
NUDENET = "nudenet"
"""The value of `SAFETY_CHECKER` for NudeNet, whose weights are part of its package."""
BARE = {
    "ANUS_EXPOSED",
    "BUTTOCKS_EXPOSED",
    "FEMALE_BREAST_EXPOSED",
    "FEMALE_GENITALIA_EXPOSED",
    "MALE_GENITALIA_EXPOSED",
}
SURE = 0.7
"""The minimum score of a NudeNet detection; below it, fruit and clouds are detected as bodies."""

log = logging.getLogger(__name__)


class CheckerError(Exception):
    """The configured detector cannot be loaded."""


class PictureCheck:
    """The picture check of a worker; one thread at a time uses its detector."""

    def __init__(self, detector: Detector | None = None) -> None:
        self.detector = detector
        self._lock = threading.Lock()  # detectors may not be thread-safe

    def flags(self, pictures: Sequence[Picture]) -> list[bool]:
        """Return for each picture whether it is unfit to be shown; always False without a detector."""
        if self.detector is None or not pictures:
            return [False] * len(pictures)
        flags: list[bool] = []
        for first in range(0, len(pictures), BATCH):
            with self._lock:
                flags += map(bool, self.detector(pictures[first : first + BATCH]))
        return flags


def load(folder: str, *, device: str = "cpu") -> Detector:
    """Load the detector in a folder, or NudeNet for :data:`NUDENET`.

    :raises CheckerError: when it cannot be loaded, or has no label for unfit pictures.
    """
    if folder == NUDENET:
        return _nudenet()
    import transformers

    try:
        config: dict[str, Any] = transformers.PretrainedConfig.get_config_dict(folder, local_files_only=True)[0]
        if CHECKER in (config.get("architectures") or ()):
            return _safety_checker(folder, device)
        return _classifier(folder, device)
    except CheckerError:
        raise
    except Exception as error:  # libraries raise many types for unusable folders
        raise CheckerError(f"the safety checker {folder} cannot be loaded: {error}") from error


def _safety_checker(folder: str, device: str) -> Detector:
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

    checker: Any = StableDiffusionSafetyChecker.from_pretrained(folder, local_files_only=True)
    checker = checker.float().to(device).eval()

    def judge(pixels: Any) -> Sequence[bool]:
        blank = [np.zeros(1, np.float32)] * len(pixels)  # the checker blackens these instead of our pictures
        return list(checker(clip_input=pixels, images=blank)[1])

    return _of_network(folder, device, judge)


def _classifier(folder: str, device: str) -> Detector:
    from transformers import AutoModelForImageClassification

    model: Any = AutoModelForImageClassification.from_pretrained(folder, local_files_only=True)  # nosec B615
    model = model.float().to(device).eval()
    unfit = [number for number, label in model.config.id2label.items() if str(label).lower() in UNFIT_LABELS]
    if not unfit:
        labels = ", ".join(map(str, model.config.id2label.values()))
        raise CheckerError(
            f"the safety checker {folder} has none of the labels {', '.join(UNFIT_LABELS)}, but {labels}"
        )

    def judge(pixels: Any) -> Sequence[bool]:
        share = model(pixel_values=pixels).logits.float().softmax(-1)
        return list((share[:, unfit].sum(-1) > 0.5).tolist())

    return _of_network(folder, device, judge)


def _nudenet() -> Detector:
    try:
        from nudenet import NudeDetector
    except ImportError as error:  # it is licensed under the AGPL, so operators decide whether to install it
        raise CheckerError("the safety checker nudenet is not installed: pip install nudenet==3.4.2") from error

    detector: Any = NudeDetector()

    def detect(pictures: Sequence[Picture]) -> Sequence[bool]:
        flipped = [np.ascontiguousarray(picture[..., ::-1]) for picture in pictures]  # NudeNet expects BGR
        parts = detector.detect_batch(flipped, batch_size=BATCH)
        return [any(part["class"] in BARE and part["score"] > SURE for part in detected) for detected in parts]

    return detect


def _of_network(folder: str, device: str, judge: Callable[[Any], Sequence[bool]]) -> Detector:
    """Return the detector that judges pictures as its image processor prepares them.

    Within a pipeline folder the processor is in `feature_extractor`.
    """
    from transformers import AutoImageProcessor

    beside = Path(folder).parent / "feature_extractor"
    is_within = Path(folder).is_dir() and not (Path(folder) / "preprocessor_config.json").exists() and beside.is_dir()
    source = str(beside) if is_within else folder
    processor = AutoImageProcessor.from_pretrained(source, use_fast=False, local_files_only=True)  # nosec B615

    @torch.inference_mode()
    def detect(pictures: Sequence[Picture]) -> Sequence[bool]:
        images = [Image.fromarray(np.asarray(picture)) for picture in pictures]
        return judge(processor(images, return_tensors="pt").pixel_values.to(device))

    return detect
