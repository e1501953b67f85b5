"""Scores of how well a model follows its sketches, compared with the styles' own rendering programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from image_encoder import ImageEncoder
from sketch import colour, rendering
from sketch.sketchbook import Sketchbook
from studio.judging import accuracy, led_exam, rewordings
from studio.judging.exam import Gallery, Question
from studio.training import autoencoder

LEAST = 16
"""The smallest side in pixels of a part of a picture that the image encoder is given."""


def scores(
    eye: ImageEncoder, gallery: Gallery, own: Gallery, questions: Sequence[Question], book: Sketchbook, vae: Any
) -> dict[str, Any]:
    """Return the scores of a model's pictures; ``own`` holds the programs' renderings of the same scenes."""
    plain = [question for question in questions if question.kind == "plain"]
    results: dict[str, Any] = {
        "plain_by_program": {f"top{best}": accuracy.count_share(_named(eye, own, plain, best)) for best in (1, 5)}
    }
    named = [question for question in questions if question.kind == "hand"]
    results["lost"] = sorted({question.means[0] for question in list_lost(eye, gallery, own, plain)})
    if named:
        results["told_by_program"] = accuracy.count_share(_is_style_named(eye, own, named))
        results["by_hand"] = _by_hand(eye, gallery, own, named, vae)
        results["sharpness"] = {
            name: _middle([row[name] for row in results["by_hand"].values()]) for name in ("painted", "decoded")
        }
    for asks, judge in ((led_exam.TWO, _things), (led_exam.NUMBER, _things), (led_exam.COLOUR, _coloured)):
        members = [question for question in questions if question.asks == asks]
        if members:
            results[asks] = {
                "painted": judge(eye, gallery, members, book),
                "by_program": judge(eye, own, members, book),
            }
    return {"led": results}


def list_lost(eye: ImageEncoder, gallery: Gallery, own: Gallery, questions: Sequence[Question]) -> list[Question]:
    """Return the questions whose concept the image encoder names, among five, in the program's picture only."""
    plain = [question for question in questions if question.kind == "plain"]
    gone = _named(eye, own, plain, 5) & ~_named(eye, gallery, plain, 5)
    return [question for question, is_gone in zip(plain, gone.tolist(), strict=True) if is_gone]


def _is_style_named(eye: ImageEncoder, gallery: Gallery, questions: Sequence[Question]) -> Tensor:
    """Return for each picture whether the image encoder names its style."""
    best = torch.cat([eye.encode(pictures)[1] for pictures in gallery.load_pictures(questions)]).argmax(1).tolist()
    return torch.tensor([eye.hands[at] == question.hand for at, question in zip(best, questions, strict=True)])


def _named(eye: ImageEncoder, gallery: Gallery, questions: Sequence[Question], best: int) -> Tensor:
    sentences = torch.cat([eye.encode(pictures)[0] for pictures in gallery.load_pictures(questions)])
    return rewordings.hits(eye.score(sentences), [question.means for question in questions], eye.concepts, best)


def _by_hand(
    eye: ImageEncoder, gallery: Gallery, own: Gallery, questions: Sequence[Question], vae: Any
) -> dict[str, Any]:
    """Return for each style the accuracy of style and concept, and the sharpness of its pictures."""
    groups: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        groups[question.hand].append(question)
    rows = {}
    for hand, members in groups.items():
        painted = torch.cat(list(gallery.load_pictures(members)))
        program = torch.cat(list(own.load_pictures(members)))
        row: dict[str, Any] = {"of": len(members)}
        for name, pictures in (("", painted), ("_by_program", program)):
            sentences, shares = eye.encode(pictures)
            right = rewordings.hits(eye.score(sentences), [each.means for each in members], eye.concepts, 5)
            row[f"concept_top5{name}"] = round(float(right.float().mean()), 3)
            row[f"told{name}"] = round(sum(eye.hands[at] == hand for at in shares.argmax(1).tolist()) / len(members), 3)
        with torch.no_grad():
            again = autoencoder.decode_latents(vae, autoencoder.scaled_latents(vae, program)).float()
        sharp = sharpness(program).clamp(min=1e-8)
        row["painted"] = _middle((sharpness(painted) / sharp).tolist())
        row["decoded"] = _middle((sharpness(again) / sharp).tolist())
        rows[hand] = row
    return rows


def sharpness(pictures: Tensor) -> Tensor:
    """Return the variance of the Laplacian of pictures (n, 3, h, w), a measure of edges."""
    kernel = pictures.new_tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]).view(1, 1, 3, 3)
    return F.conv2d(pictures.mean(1, keepdim=True), kernel).flatten(1).var(1)


def _middle(values: Sequence[float]) -> float:
    return round(float(np.median(values)), 3) if len(values) else 0.0


def _things(eye: ImageEncoder, gallery: Gallery, questions: Sequence[Question], book: Sketchbook) -> dict[str, Any]:
    """Return the share of things that the image encoder names, among five, at their places in the picture."""
    seen, means = [], []
    for question in questions:
        picture = gallery.picture(question)
        size = picture.shape[-1]
        for thing in question.scene.things if question.scene else ():
            left, right, top, bottom = (
                round(min(1, max(0, middle + half * thing.size / 2)) * size)
                for middle, half in ((thing.x, -1), (thing.x, 1), (thing.y, -1), (thing.y, 1))
            )
            if min(right - left, bottom - top) >= LEAST:
                part = picture[None, :, top:bottom, left:right]
                seen.append(F.interpolate(part, (size, size), mode="bilinear", antialias=True))
                means.append((book.drawings[thing.drawing].name,))
    if not seen:
        return accuracy.count_share(torch.zeros(0))
    sentences = torch.cat([eye.encode(part)[0] for part in torch.split(torch.cat(seen), 64)])
    return accuracy.count_share(rewordings.hits(eye.score(sentences), means, eye.concepts, 5))


def _coloured(_: ImageEncoder, gallery: Gallery, questions: Sequence[Question], book: Sketchbook) -> dict[str, Any]:
    """Return the share of things whose mean colour is nearest to the requested one."""
    names = list(colour.NAMED)
    table = np.stack([colour.lab(colour.polar(*colour.NAMED[name])) for name in names])
    right = []
    for question in questions:
        picture = gallery.picture(question).permute(1, 2, 0).numpy()
        assert question.scene is not None  # noqa: S101 - composed questions have a scene
        inside = rendering.draw(question.scene, book, picture.shape[0]).numbers > 0
        if inside.any():
            mean = colour.lab(picture)[inside].mean(0)
            nearest = names[int(((table - mean) ** 2).sum(1).argmin())]
            right.append(nearest == question.scene.things[0].colour)
    return accuracy.count_share(torch.tensor(right))
