"""Training of the image encoder: on plain drawings over many backgrounds and on pictures in all styles, augmented.

A batch follows from the step number alone. Drawings lie in memory; pictures in styles are rendered once before the
training, because a CPU renders fewer pictures a second than it trains on.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from image_encoder import ImageEncoder, Tower
from sketch import wording
from studio.errors import StudioError
from studio.scenes.canvas import PLAIN, Canvas
from studio.text.text_encoder import Texts
from studio.training import encoder_pool, loop
from studio.training.encoder_pool import HANDS, Order, Pool

MIRRORED = ("Animals & Nature", "Food & Drink")  # groups whose drawings may be mirrored
SENTENCE = 0.2
"""Weight of the loss between picture vectors and sentence vectors. A larger weight names fewer pictures correctly."""

SETTLED, SETTLING = 60, 2_049
"""Number of batches that recalibrate batch norm, and the process number, above all real ones, that seeds them."""


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """A training batch: pictures, target shares of the concepts, vectors of the captions, and style numbers."""

    pictures: Tensor
    concepts: Tensor
    sentences: Tensor
    hands: Tensor


class TrainingData:
    """Training data of the image encoder: drawings of the split ``train`` and a pool of rendered pictures."""

    def __init__(self, canvas: Canvas, texts: Texts, *, order: Order, pool: Pool, size: int) -> None:
        self.size, self.motifs = size, canvas.motifs
        device = canvas.motifs.pixels.device
        shown = [encoder_pool.shares(subject, order.book) for subject in pool.subjects]
        self.concepts = tuple(sorted({record.title for record in canvas.records}.union(*shown)))
        self.hands = (PLAIN, *HANDS)
        places = {name: number for number, name in enumerate(self.concepts)}
        self.names = texts.sentences([wording.thing(name) for name in self.concepts]).to(device)
        self._of_motif = torch.tensor([places[record.title] for record in canvas.records])
        self._may_mirror = torch.tensor([record.group in MIRRORED for record in canvas.records])
        self._pool = pool.pictures.to(device)
        self._pool_hands = torch.tensor([self.hands.index(each.first.hand) for each in pool.subjects], dtype=torch.long)
        most = max((len(each) for each in shown), default=1)
        self._pool_concepts = torch.zeros(len(shown), most, dtype=torch.long)
        self._pool_shares = torch.zeros(len(shown), most)
        for row, each in enumerate(shown):
            self._pool_concepts[row, : len(each)] = torch.tensor([places[name] for name in each])
            self._pool_shares[row, : len(each)] = torch.tensor(list(each.values()))
        captions = [encoder_pool.caption(subject) for subject in pool.subjects]
        distinct = list(dict.fromkeys(captions))
        self._table = texts.sentences(distinct).to(device) if distinct else self.names[:0]
        at = {text: number for number, text in enumerate(distinct)}
        self._pool_sentences = torch.tensor([at[text] for text in captions], dtype=torch.long)

    def lesson(self, count: int, rng: torch.Generator, *, plain: float) -> TrainingBatch:
        """Return a training batch of ``count`` pictures, of which the share ``plain`` are plain drawings."""
        of_plain = count if not len(self._pool) else round(count * plain)
        device = self.motifs.pixels.device
        motif = torch.randint(len(self.motifs), (of_plain,), generator=rng)
        row = torch.randint(max(1, len(self._pool)), (count - of_plain,), generator=rng)
        chance = torch.Generator(device).manual_seed(int(torch.randint(1 << 62, (), generator=rng)))
        drawn = self.motifs.drawn(motif.tolist())
        seen = [composite(transform(drawn, self.size, chance, may_turn=self._may_mirror[motif].to(device)), chance)]
        seen.append(transform(self._pool[row.to(device)].float() / 255, self.size, chance, strength=0.4))
        pictures = torch.cat([augment(seen[0], chance, 1.0), augment(seen[1], chance, 0.45)])
        shares = torch.zeros(count, len(self.concepts), device=device)
        shares[torch.arange(of_plain), self._of_motif[motif]] = 1.0
        shares[of_plain:].scatter_add_(1, self._pool_concepts[row].to(device), self._pool_shares[row].to(device))
        sentences = torch.cat(
            [self.names[self._of_motif[motif].to(device)], self._table[self._pool_sentences[row].to(device)]]
        )
        hands = torch.cat([torch.zeros(of_plain, dtype=torch.long), self._pool_hands[row]]).to(device)
        return TrainingBatch(pictures, shares, sentences, hands)


class TrainableEncoder(nn.Module):
    """The image encoder with its concept vectors and their temperature, in one ``forward`` as training needs it.

    The concept vectors begin as the text vectors of the names and are trained along: names of nearly the same meaning,
    such as "cat" and "cat face", are too close at first.
    """

    def __init__(self, tower: Tower, names: Tensor) -> None:
        super().__init__()
        self.tower = tower
        self.vectors = nn.Parameter(names.detach().clone())
        self.sharpness = nn.Parameter(torch.tensor(math.log(20.0)))

    @torch.no_grad()
    def begin_as(self, eye: ImageEncoder, school: TrainingData) -> None:
        """Load the weights of another image encoder with the same levels, concepts and styles.

        The other encoder's input size may be smaller.

        :raises StudioError: naming what differs.
        """
        mine, its = (asdict(each.shape) | {"size": 0} for each in (self.tower, eye.tower))
        other = [name for name in mine if mine[name] != its[name]]
        other += [name for name in ("concepts", "hands") if getattr(eye, name) != getattr(school, name)]
        if other:
            raise StudioError(f"The image encoder of --eye differs in {', '.join(other)}.")
        self.tower.load_state_dict(eye.tower.state_dict())
        self.vectors.copy_(eye.names)

    @property
    def names(self) -> Tensor:
        """The concepts' vectors, of length 1."""
        return F.normalize(self.vectors, dim=1)

    def forward(self, lesson: TrainingBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss (concepts, sentence, style) and the accuracy of concepts and styles."""
        seen, hands = self.tower(lesson.pictures)
        scores = seen @ self.names.T * self.sharpness.exp().clamp(max=100)
        of_concept = F.cross_entropy(scores, lesson.concepts)
        of_sentence = 1 - (seen * lesson.sentences).sum(1).mean()
        of_hand = F.cross_entropy(hands, lesson.hands, label_smoothing=0.05)
        first = lesson.concepts.gather(1, scores.argmax(1, keepdim=True)) > 0
        metrics = {"concept": first.float().mean(), "hand": (hands.argmax(1) == lesson.hands).float().mean()}
        return of_concept + SENTENCE * of_sentence + 0.3 * of_hand, metrics


@torch.no_grad()
def recalibrate_norms(tower: Tower, school: TrainingData, *, batch: int, plain: float, seed: int) -> None:
    """Recalculate the batch norm statistics of averaged weights, on :data:`SETTLED` batches."""
    pictures = (
        school.lesson(batch, loop.step_rng(seed, number, SETTLING), plain=plain).pictures for number in range(SETTLED)
    )
    update_bn(pictures, tower, device=school.names.device)


def transform(
    pictures: Tensor, size: int, chance: torch.Generator, *, strength: float = 1.0, may_turn: Tensor | None = None
) -> Tensor:
    """Rotate, scale, shift and shear pictures at random; mirror at random those marked in ``may_turn``."""
    n, device = len(pictures), pictures.device
    if not n:
        return pictures.new_empty(0, pictures.shape[1], size, size)
    draw = torch.rand(n, 6, generator=chance, device=device) * 2 - 1
    turn, shear = draw[:, 0] * 0.3 * strength, draw[:, 1] * 0.15 * strength
    # A grid factor above 1 shows the picture smaller.
    grow = 1.0 + (0.1 + 0.3 * draw[:, 2]) * strength if strength == 1 else 1.0 - 0.2 * draw[:, 2].abs() * strength
    mirror = torch.ones(n, device=device)
    if may_turn is not None:
        mirror = torch.where(may_turn & (draw[:, 5] > 0), -1.0, 1.0)
    cosine, sine = turn.cos() * grow, turn.sin() * grow
    theta = torch.stack(
        [
            torch.stack([cosine * mirror, -sine + shear, draw[:, 3] * 0.15 * strength], 1),
            torch.stack([sine * mirror, cosine, draw[:, 4] * 0.15 * strength], 1),
        ],
        1,
    )
    at = F.affine_grid(theta, [n, pictures.shape[1], size, size], align_corners=False)
    if pictures.shape[-1] >= 2 * size:
        pictures = F.avg_pool2d(pictures, pictures.shape[-1] // size)
    padding = "zeros" if pictures.shape[1] == 4 else "reflection"
    return F.grid_sample(pictures, at, mode="bilinear", padding_mode=padding, align_corners=False)


def composite(drawn: Tensor, chance: torch.Generator) -> Tensor:
    """Composite premultiplied drawings (n, 4, h, w) over random backgrounds: even, light, split or soft gradients."""
    n, _, h, w = drawn.shape
    one, two = torch.rand(2, n, 3, 1, 1, generator=chance, device=drawn.device)
    light = torch.rand(n, 1, 1, 1, generator=chance, device=drawn.device) < 0.3
    one = torch.where(light, 0.85 + 0.15 * one, one)
    two = torch.where(light, one, two)
    coarse = torch.rand(n, 1, 3, 3, generator=chance, device=drawn.device)
    spots = F.interpolate(coarse, (h, w), mode="bicubic", align_corners=False).clamp(0, 1)
    is_split = torch.rand(n, 1, 1, 1, generator=chance, device=drawn.device) < 0.3
    share = torch.where(is_split, (spots > 0.5).float(), spots)
    return drawn[:, :3] + (one + (two - one) * share) * (1 - drawn[:, 3:])


def augment(pictures: Tensor, chance: torch.Generator, strength: float) -> Tensor:
    """Change colours, contrast and sharpness, add noise and cover a corner, each at random."""
    n, device = len(pictures), pictures.device

    def drawn(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=chance, device=device)

    mixing = torch.eye(3, device=device) + (drawn(3, 3) - 0.5) * 0.5 * strength * (drawn(1, 1) < 0.7)
    pictures = torch.einsum("nij,njhw->nihw", mixing, pictures)
    grey = pictures.mean(1, keepdim=True)
    faded = (drawn(1, 1, 1) < 0.25 * strength) * drawn(1, 1, 1)
    pictures = pictures + (grey - pictures) * faded
    middle = pictures.mean((2, 3), keepdim=True)
    contrast = 1 + (drawn(1, 1, 1) - 0.5) * 0.8 * strength
    pictures = (pictures - middle) * contrast + middle + (drawn(1, 1, 1) - 0.5) * 0.3 * strength
    is_negative = drawn(1, 1, 1) < 0.06 * strength
    pictures = torch.where(is_negative, 1 - pictures, pictures)
    soft = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    # A negative share sharpens.
    pictures = pictures + (soft - pictures) * (drawn(1, 1, 1) * 1.8 - 0.8) * (drawn(1, 1, 1) < 0.5)
    grain = torch.randn(pictures.shape, generator=chance, device=device)
    pictures = pictures + grain * 0.08 * strength * drawn(1, 1, 1) * (drawn(1, 1, 1) < 0.4)
    return _cover(pictures, drawn(4, 1, 1), drawn(3, 1, 1), 0.25 * strength).clamp(0, 1)


def _cover(pictures: Tensor, where: Tensor, tone: Tensor, share: float) -> Tensor:
    """Cover part of some of the pictures with a plain rectangle."""
    h, w = pictures.shape[-2:]
    rows = torch.linspace(0, 1, h, device=pictures.device)[:, None]
    columns = torch.linspace(0, 1, w, device=pictures.device)[None, :]
    side = 0.1 + 0.25 * where[:, 2]
    inside = ((rows - where[:, 0]).abs() < side / 2) & ((columns - where[:, 1]).abs() < side / 2)
    return torch.where((inside & (where[:, 3] < share))[:, None], tone, pictures)
