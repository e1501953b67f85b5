"""The check whether pictures are unfit: frames, candidates and photos all go through :class:`PictureCheck`.

What looks at them is a detector that the operator names (`SAFETY_CHECKER`): diffusers' safety checker, any image
classifier of transformers that has labels such as "nsfw", or NudeNet. Where none is named nothing is flagged.
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
"""Tells of each picture (height x width x 3, uint8) whether it is unfit."""

UNFIT_LABELS = ("nsfw", "porn", "hentai", "sexy", "unsafe", "explicit", "gore", "nudity")
BATCH = 8
CHECKER = "StableDiffusionSafetyChecker"
NUDENET = "nudenet"
"""What a setting says instead of a folder: NudeNet's detector, whose weights are in its package."""
BARE = {
    "ANUS_EXPOSED",
    "BUTTOCKS_EXPOSED",
    "FEMALE_BREAST_EXPOSED",
    "FEMALE_GENITALIA_EXPOSED",
    "MALE_GENITALIA_EXPOSED",
}
SURE = 0.7
"""How sure NudeNet is of what it finds before it counts; below it sees bodies in fruit and clouds."""

log = logging.getLogger(__name__)


class CheckerError(Exception):
    """The detector that a setting names cannot be loaded."""


class PictureCheck:
    """The check of all pictures of a worker, by its detector, if it has one."""

    def __init__(self, detector: Detector | None = None) -> None:
        self.detector = detector
        self._lock = threading.Lock()  # detectors are not known to bear several threads

    def flags(self, pictures: Sequence[Picture]) -> list[bool]:
        """Return of each picture whether it is unfit to be shown; without a detector, none is."""
        if self.detector is None or not pictures:
            return [False] * len(pictures)
        found: list[bool] = []
        for first in range(0, len(pictures), BATCH):
            with self._lock:
                found += map(bool, self.detector(pictures[first : first + BATCH]))
        return found


def load(folder: str, *, device: str = "cpu") -> Detector:
    """Load a detector from a folder, or :data:`NUDENET`.

    :raises CheckerError: when it cannot be loaded, or says nothing of what is unfit.
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
    except Exception as error:  # whatever a library raises about a folder, the folder is at fault
        raise CheckerError(f"the safety checker {folder} cannot be loaded: {error}") from error


def _safety_checker(folder: str, device: str) -> Detector:
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

    checker: Any = StableDiffusionSafetyChecker.from_pretrained(folder, local_files_only=True)
    checker = checker.float().to(device).eval()
    processor = _processor(folder)

    @torch.inference_mode()
    def detect(pictures: Sequence[Picture]) -> Sequence[bool]:
        pixels = processor(_images(pictures), return_tensors="pt").pixel_values.to(device)
        blank = [np.zeros(1, np.float32)] * len(pictures)  # it would black out what it is given
        return list(checker(clip_input=pixels, images=blank)[1])

    return detect


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
    processor = _processor(folder)

    @torch.inference_mode()
    def detect(pictures: Sequence[Picture]) -> Sequence[bool]:
        pixels = processor(_images(pictures), return_tensors="pt").pixel_values.to(device)
        share = model(pixel_values=pixels).logits.float().softmax(-1)
        return list((share[:, unfit].sum(-1) > 0.5).tolist())

    return detect


def _nudenet() -> Detector:
    try:
        from nudenet import NudeDetector
    except ImportError as error:  # it is under the AGPL, so that who runs the site decides to install it
        raise CheckerError("the safety checker nudenet is not installed: pip install nudenet==3.4.2") from error

    detector: Any = NudeDetector()

    def detect(pictures: Sequence[Picture]) -> Sequence[bool]:
        flipped = [np.ascontiguousarray(picture[..., ::-1]) for picture in pictures]  # it reads as OpenCV does
        parts = detector.detect_batch(flipped, batch_size=BATCH)
        return [any(part["class"] in BARE and part["score"] > SURE for part in found) for found in parts]

    return detect


def _processor(folder: str) -> Any:
    """Load what fits pictures to the detector; of a checker within a pipeline it lies beside it."""
    from transformers import AutoImageProcessor

    beside = Path(folder).parent / "feature_extractor"
    is_within = Path(folder).is_dir() and not (Path(folder) / "preprocessor_config.json").exists() and beside.is_dir()
    found = str(beside) if is_within else folder
    return AutoImageProcessor.from_pretrained(found, use_fast=False, local_files_only=True)  # nosec B615


def _images(pictures: Sequence[Picture]) -> list[Image.Image]:
    return [Image.fromarray(np.asarray(picture)) for picture in pictures]
