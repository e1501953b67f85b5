"""Score a model's pictures with the image encoder, as shares with intervals, and write contact sheets."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from image_encoder import ImageEncoder
from studio.errors import FolderError
from studio.judging import accuracy, rewordings
from studio.judging.exam import Gallery, Question
from studio.scenes import canvas, composition
from studio.styles.registry import HANDS
from studio.text.text_encoder import Texts
from studio.training import autoencoder
from studio.workspace.work_folder import Folder

SHEETS = {"plain": (10, 60), "hand": (0, 240), "reworded": (10, 60), "composed": (8, 24)}
FAILURES = 60


def hands_of(facts: dict[str, Any], eye: ImageEncoder) -> tuple[str, ...]:
    """Return the styles that a model says it has, or all, as far as the image encoder knows them."""
    words = {hand.get("words") for hand in facts["hands"]} if "hands" in facts else None
    return tuple(name for name in HANDS if name in eye.hands and (words is None or HANDS[name].words in words))


def scores(
    eye: ImageEncoder, gallery: Gallery, questions: Sequence[Question], parts: dict[str, Path]
) -> dict[str, Any]:
    """Return the scores of a model's pictures, with the accuracy of the image encoder and of the text encoder."""
    results: dict[str, Any] = {"eye": {key: eye.about.get(key) for key in ("R", "R_top5", "measured_on")}}
    plain = [question for question in questions if question.kind == "plain"]
    sentences, _ = recognise(eye, gallery, plain)
    firsts = _concept_hits(eye, sentences, plain, 1)
    results["plain"] = {
        "M": accuracy.count_share(firsts),
        "top5": accuracy.count_share(_concept_hits(eye, sentences, plain, 5)),
        "concepts": len({question.means for question in plain}),
    }
    results["known"] = _known(plain, firsts)
    results["hands"] = _of_hands(eye, gallery, [question for question in questions if question.kind == "hand"])
    reworded = [question for question in questions if question.kind == "reworded"]
    if reworded:
        sentences, _ = recognise(eye, gallery, reworded)
        results["rewordings"] = {
            f"top{best}": accuracy.count_share(_concept_hits(eye, sentences, reworded, best)) for best in (1, 5)
        }
        texts = Texts(parts["text_encoder"].parent)
        results["rewordings"]["text_encoder_alone"] = rewordings.measure_text_encoder(texts, eye.concepts)
    own = eye.about.get("R")
    if own and own["share"]:
        results["plain"]["M_by_R"] = round(results["plain"]["M"]["share"] / own["share"], 4)
    return results


def recognise(eye: ImageEncoder, gallery: Gallery, questions: Sequence[Question]) -> tuple[Tensor, Tensor]:
    """Return the image encoder's output for the answers: sentence vectors (n, width) and style shares (n, hands)."""
    seen = [eye.encode(pictures) for pictures in gallery.load_pictures(questions)]
    return torch.cat([sentence for sentence, _ in seen]), torch.cat([hand for _, hand in seen])


def _concept_hits(eye: ImageEncoder, sentences: Tensor, questions: Sequence[Question], best: int) -> Tensor:
    return rewordings.hits(eye.score(sentences), [question.means for question in questions], eye.concepts, best)


def _of_hands(eye: ImageEncoder, gallery: Gallery, questions: Sequence[Question]) -> dict[str, Any]:
    if not questions:
        return {}
    sentences, shares = recognise(eye, gallery, questions)
    right = torch.tensor(
        [eye.hands[at] == question.hand for at, question in zip(shares.argmax(1).tolist(), questions, strict=True)]
    )
    right_concepts = _concept_hits(eye, sentences, questions, 5)
    by_hand = {}
    for hand in dict.fromkeys(question.hand for question in questions):
        rows = torch.tensor([question.hand == hand for question in questions])
        by_hand[hand] = {
            "told": round(float(right[rows].float().mean()), 3),
            "concept_top5": round(float(right_concepts[rows].float().mean()), 3),
        }
    return {
        "told": accuracy.count_share(right),
        "concept_top5": accuracy.count_share(right_concepts),
        "by_hand": by_hand,
    }


def _known(questions: Sequence[Question], right_answers: Tensor) -> dict[str, float]:
    """Return for each concept the share of its seeds that were recognised."""
    rows = defaultdict(list)
    for question, right in zip(questions, right_answers.tolist(), strict=True):
        rows[question.means[0]].append(right)
    return {name: round(sum(values) / len(values), 4) for name, values in rows.items()}


def forgotten(before: dict[str, float], now: dict[str, float], name: str) -> dict[str, Any]:
    """Return the concepts that most seeds showed before and do not now, and the reverse."""
    both = sorted(before.keys() & now.keys())
    lost = [concept for concept in both if before[concept] > 0.5 >= now[concept]]
    won = [concept for concept in both if now[concept] > 0.5 >= before[concept]]
    return {"since": name, "asked": len(both), "knew": sum(before[concept] > 0.5 for concept in both),
            "lost": lost, "won": won}  # fmt: skip


def decoder(folder: Folder, vae: Any, count: int, device: str) -> dict[str, Any] | None:
    """Return the autoencoder's PSNR on drawings, of a held-out vendor if there is one; None without drawings."""
    records = [record for record in folder.catalogue() if record.kind == "motif"]
    if not records or not (folder.path / composition.NAME).exists():
        return None
    split = "test" if any(record.split == "test" for record in records) else "train"
    drawings = canvas.Canvas(folder, split=split, device=device, size=_side(vae))
    quality = autoencoder.measure_psnr(
        vae.eval().to(device), drawings, canvas.hands_and_plain(drawings.programme), count
    )
    return {"psnr": quality, "psnr_over_hands": autoencoder.mean_over_styles(quality), "measured_on": split}


def _side(vae: Any) -> int:
    """Return the side in pixels that an autoencoder was made for; AutoencoderTiny does not say, so 128."""
    return int(getattr(vae.config, "sample_size", None) or 128)


def read_scores(folder: Folder, name: str) -> dict[str, Any]:
    """Return the scores of an evaluation.

    :raises FolderError: when there is none of this name.
    """
    path = folder.path / "evaluations" / name / "scores.json"
    try:
        scores: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise FolderError(f"{path} is not an evaluation; the stage evaluate makes one. ({error})") from error
    return scores


def to_json(report: dict[str, Any]) -> bytes:
    """Return an evaluation as JSON."""
    return (json.dumps(report, indent=1, ensure_ascii=False) + "\n").encode()


def list_failures(eye: ImageEncoder, gallery: Gallery, questions: Sequence[Question]) -> list[Question]:
    """Return the questions by plain name whose concept the image encoder does not name among five."""
    plain = [question for question in questions if question.kind == "plain"]
    wrong = ~_concept_hits(eye, recognise(eye, gallery, plain)[0], plain, 5)
    return [question for question, is_wrong in zip(plain, wrong.tolist(), strict=True) if is_wrong]


def write_sheets(
    folder: Folder, name: str, gallery: Gallery, questions: Sequence[Question], failures: Sequence[Question]
) -> None:
    """Write contact sheets of each kind of question and of failures, each with a text file of its prompts."""
    for kind, (columns, most) in SHEETS.items():
        chosen = [question for question in questions if question.kind == kind]
        if kind == "plain":  # one seed of each concept
            chosen = [question for question in chosen if question.seed == 0]
        if kind == "hand":  # a row for each style
            of_each = [
                [question for question in chosen if question.hand == hand][:10]
                for hand in dict.fromkeys(question.hand for question in chosen)
            ]
            chosen, columns = [question for row in of_each for question in row], max(map(len, of_each), default=1)
        _sheet(folder, f"evaluations/{name}/{kind}", gallery, chosen[:most], columns)
    _sheet(folder, f"evaluations/{name}/failures", gallery, failures[:FAILURES], 10)


def _sheet(folder: Folder, name: str, gallery: Gallery, questions: Sequence[Question], columns: int) -> None:
    if not questions:
        return
    data = io.BytesIO()
    pictures = torch.stack([gallery.picture(question) for question in questions])
    composition.contact_sheet(pictures, columns).save(data, "WEBP", quality=85)
    folder.write(f"{name}.webp", data.getvalue())
    folder.write(f"{name}.txt", "".join(f"{question.prompt} ({question.seed})\n" for question in questions).encode())
