"""Cut out the main thing of a picture.

Transparency separates the thing where there is some. On even paper, the paper is flooded from the rim, so that a hand
drawing is cut out along its ink. In any other picture several guesses are made where the thing may be (from rectangles,
from colours that differ from the rim, from colours that stand out), each is grown by GrabCut (Rother, Kolmogorov, Blake
2004), and the best is taken: its inside differs most from its outside and its outline follows edges. Where no guess is
good enough, the picture has no main thing.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from sketch.surroundings import resize
from worker.photos import pictures
from worker.photos.pictures import Mask, Pixels

SIDE = 160
"""The longer side in pixels of the picture that is analysed."""

CLEAR, SOLID = 0.02, 0.01
"""The shares of a picture that must be transparent, and covered, for its alpha to separate the thing."""

EVEN = 0.8
"""The share of the rim that must have one colour for a picture to lie on even paper."""

NEAR = 12.0
"""The largest distance in CIE Lab of a colour from the paper's."""

LEAST, MOST = 0.015, 0.88
"""The smallest and the largest share of a picture that its main thing may take."""

GOOD = 0.6
"""The score above which a guess is taken."""

STEP = 2.0
"""The least gradient along the outline, in Lab units for each pixel: soft transitions are no outline."""

UNLIKE = 0.36
"""The least difference of the colours on both sides of the outline, 0 to 1."""

ALIKE = 26.0
"""The largest distance in bytes of colours that are evened out: it removes texture, and leaves what can be painted."""

ROUNDS = 3
SEED = 20


def main_thing(picture: Pixels) -> Mask | None:
    """Return a mask of a picture's (h, w, 4) main thing, None without one.

    The mask is scaled to at most :data:`SIDE` pixels.
    """
    high, wide = picture.shape[:2]
    scale = min(1.0, SIDE / max(high, wide))
    small = resize(picture, max(1, round(wide * scale)), max(1, round(high * scale)))
    if min(small.shape[:2]) < 8:
        return None
    alpha = small[..., 3] >= 128
    if (~alpha).mean() >= CLEAR and alpha.mean() >= SOLID:
        return alpha
    flat = pictures.on_paper(small)
    if (paper := _paper(flat)) is not None:
        return _on_paper(flat, paper)
    return _grown(flat)


def lab(picture: Pixels) -> NDArray[np.float32]:
    """Convert sRGB (h, w, 3) to CIE Lab: lightness 0 to 100, a and b about ±100."""
    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB))


def flatten_colours(picture: Pixels, *, reach: float) -> Pixels:
    """Return a picture with similar colours within ``reach`` pixels evened out (mean shift: Comaniciu, 2002)."""
    return np.asarray(cv2.pyrMeanShiftFiltering(np.ascontiguousarray(picture), reach, ALIKE), np.uint8)


def _rim(shape: tuple[int, ...], share: float = 0.02) -> Mask:
    width = max(1, round(share * min(shape[:2])))
    rim = np.ones(shape[:2], bool)
    rim[width:-width, width:-width] = False
    return rim


def _paper(picture: Pixels) -> NDArray[np.float32] | None:
    """Return the one colour (3,) that most of the rim has; None where it has several."""
    tones = lab(picture)[_rim(picture.shape)]
    paper = np.median(tones, axis=0)
    return paper if (_off(tones, paper) < NEAR).mean() >= EVEN else None


def _off(tones: NDArray[np.float32], paper: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distance of colours from the paper's, in which lightness counts less, because of shadows."""
    apart = tones - paper
    apart[..., 0] *= 0.7
    return np.asarray(np.sqrt((apart**2).sum(-1)))


def _on_paper(picture: Pixels, paper: NDArray[np.float32]) -> Mask | None:
    """Return what the paper, flooded from the rim, does not reach; what ink encloses belongs to it."""
    dry = (_off(lab(picture), paper) >= NEAR).astype(np.uint8)
    # Closing also stops the flood at lines with small gaps.
    gap = 2 * max(1, round(0.012 * max(picture.shape[:2]))) + 1
    closed = cv2.morphologyEx(np.pad(dry, gap), cv2.MORPH_CLOSE, _disc(gap))[gap:-gap, gap:-gap]
    _, pools = cv2.connectedComponents(1 - closed, connectivity=4)
    wet = np.isin(pools, np.unique(pools[_rim(picture.shape) & (closed == 0)])) & (closed == 0)
    inside = _without_specks(~wet)
    share = inside.mean()
    if share > MOST or share < LEAST / 5:
        return None
    # Remove what the closing added beside the ink.
    inside &= ~cv2.dilate(wet.astype(np.uint8), _disc(gap)).astype(bool) | dry.astype(bool)
    return inside if inside.any() else None


def _disc(side: int) -> Pixels:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _without_specks(inside: Mask, *, least: float = 0.03) -> Mask:
    """Return a mask without pieces that are smaller than a share of the largest."""
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=8)
    if count <= 2:
        return inside
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.asarray((areas >= least * areas.max())[numbers] & inside, bool)


def _grown(picture: Pixels) -> Mask | None:
    """Return the best mask that GrabCut grows from several guesses; None where none is good."""
    soft = np.asarray(cv2.bilateralFilter(picture, 5, 30, 5), np.uint8)
    sharp = lab(picture)
    best, mask = GOOD, None
    for seeds in _guesses(sharp):
        inside = _cut(soft, seeds)
        if inside is not None and _step(sharp, inside) > STEP and (score := _score(sharp, inside)) > best:
            best, mask = score, inside
    return mask


def _guesses(sharp: NDArray[np.float32]) -> Iterator[Pixels]:
    """Yield seeds for GrabCut (h, w): what is certainly or probably outside or inside."""
    high, wide = sharp.shape[:2]
    for share in (0.05, 0.2):
        seeds = np.full((high, wide), cv2.GC_BGD, np.uint8)
        rows, columns = round(share * high), round(share * wide)
        seeds[rows : high - rows, columns : wide - columns] = cv2.GC_PR_FGD
        yield seeds
    # A person or an animal may continue below the lower edge.
    seeds = np.full((high, wide), cv2.GC_PR_BGD, np.uint8)
    seeds[round(0.12 * high) :, round(0.12 * wide) : round(0.88 * wide)] = cv2.GC_PR_FGD
    seeds[: round(0.04 * high)] = cv2.GC_BGD
    seeds[: round(0.7 * high), : round(0.04 * wide)] = seeds[: round(0.7 * high), round(0.96 * wide) :] = cv2.GC_BGD
    yield seeds
    # Colours that the rim does not have, and colours that stand out; both are more likely in the middle.
    for standing_out in (_unlike_rim(sharp), _salient(sharp)):
        likely = standing_out * _centred(high, wide)
        parted = np.quantile(likely, (0.45, 0.7, 0.93))
        seeds = np.full((high, wide), cv2.GC_PR_BGD, np.uint8)
        seeds[likely > parted[1]] = cv2.GC_PR_FGD
        seeds[likely > parted[2]] = cv2.GC_FGD
        seeds[(likely < parted[0]) & _rim(sharp.shape, 0.06)] = cv2.GC_BGD
        yield seeds


def _unlike_rim(sharp: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each colour's distance from the nearest of the rim's common colours."""
    rim = sharp[_rim(sharp.shape, 0.05)].reshape(-1, 3)
    cv2.setRNGSeed(SEED)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    _, which, tones = cv2.kmeans(rim, 5, None, stop, 2, cv2.KMEANS_PP_CENTERS)
    common = tones[np.bincount(which.ravel(), minlength=5) > 0.08 * len(rim)]
    away = np.sqrt(((sharp[:, :, None] - common) ** 2).sum(-1)).min(-1)
    return np.asarray(cv2.GaussianBlur(away.astype(np.float32), (0, 0), 2.0))


def _salient(sharp: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each colour's distance from the mean of all (frequency-tuned saliency: Achanta et al. 2009)."""
    soft = cv2.GaussianBlur(sharp, (0, 0), 1.5)
    return np.asarray(np.sqrt(((soft - sharp.mean((0, 1))) ** 2).sum(-1)), np.float32)


def _centred(high: int, wide: int) -> NDArray[np.float32]:
    y = (np.arange(high, dtype=np.float32) + 0.5) / high - 0.5
    x = (np.arange(wide, dtype=np.float32) + 0.5) / wide - 0.5
    return np.asarray(np.exp(-(y[:, None] ** 2 + x[None, :] ** 2) / (2 * 0.3**2)), np.float32)


def _cut(picture: Pixels, seeds: Pixels) -> Mask | None:
    """Return the mask that GrabCut grows from seeds, cleaned; None where it covers nothing, or nearly all."""
    marked = seeds.copy()
    if not ((marked & 1).any() and not (marked & 1).all()):
        return None
    cv2.setRNGSeed(SEED)  # its mixtures start with k-means, which starts at random
    try:
        cv2.grabCut(picture, marked, None, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return None  # the picture has too few colours for a mixture
    inside = (marked & 1).astype(np.uint8)
    inside = cv2.morphologyEx(inside, cv2.MORPH_OPEN, _disc(3))
    inside = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, _disc(3))
    whole = _filled(_without_specks(inside.astype(bool), least=0.12))
    return whole if LEAST <= whole.mean() <= MOST else None


def _filled(inside: Mask, *, most: float = 0.08) -> Mask:
    """Return a mask with holes closed that are small beside the thing; a cup's handle stays open."""
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(1 - inside.astype(np.uint8), connectivity=4)
    at_rim = np.unique(numbers[_rim(inside.shape, 0.001)])
    small = stats[:, cv2.CC_STAT_AREA] < most * inside.sum()
    small[at_rim] = False
    small[0] = False
    return np.asarray(inside | small[numbers], bool)


def _score(sharp: NDArray[np.float32], inside: Mask) -> float:
    """Return how likely a guess is the main thing, from 0 to a little more than 1.

    The score depends on how much the colours inside and outside differ, how strong the edge along the outline is,
    whether the mask is one compact piece, how little of the rim it touches, and whether it is in the middle.
    """
    contrast = 1 - _overlap(sharp, inside)
    if contrast < UNLIKE:
        return 0.0
    edge = _edge(sharp, inside)
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    one = float(areas.max() / areas.sum())
    touched = _touched(inside)
    middle = float((_centred(*inside.shape) * inside).sum() / inside.sum())
    ring = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    largest = max(ring, key=cv2.contourArea)
    hull = cv2.contourArea(cv2.convexHull(largest))
    compact = cv2.contourArea(largest) / hull if hull > 0 else 0.0
    share = float(inside.mean())
    size = min(1.0, share / 0.08) * min(1.0, (0.95 - share) / 0.3)
    return (
        (0.4 * contrast + 0.25 * edge + 0.2 * compact + 0.15 * middle) * one * (1 - 0.9 * touched) * (0.4 + 0.6 * size)
    )


def _touched(inside: Mask) -> float:
    """Return the share of the rim that a guess touches; the lower edge counts less, as many things continue there."""
    edges = (inside[0], 1.0), (inside[-1], 0.25), (inside[:, 0], 1.0), (inside[:, -1], 1.0)
    return float(sum(weight * edge.sum() for edge, weight in edges) / sum(len(edge) for edge, _ in edges))


def _overlap(sharp: NDArray[np.float32], inside: Mask) -> float:
    """Return how similar the colours inside and outside are, 0 to 1 (Bhattacharyya coefficient of their histograms)."""
    bins = (np.clip(sharp[..., 0] / 12.6, 0, 7).astype(int) * 144
            + np.clip((sharp[..., 1] + 72) / 12, 0, 11).astype(int) * 12
            + np.clip((sharp[..., 2] + 72) / 12, 0, 11).astype(int))  # fmt: skip
    shares = [np.bincount(bins[where], minlength=8 * 144) / max(1, where.sum()) for where in (inside, ~inside)]
    return float(np.sqrt(shares[0] * shares[1]).sum())


def _edges(sharp: NDArray[np.float32], inside: Mask) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the gradients of a picture, in eighths of Lab units for each pixel, and those along an outline.

    The outline is without the rim.
    """
    soft = cv2.GaussianBlur(sharp, (0, 0), 1.0)
    steep = np.sqrt((cv2.Sobel(soft, -1, 1, 0) ** 2 + cv2.Sobel(soft, -1, 0, 1) ** 2).sum(-1))
    steep = np.asarray(cv2.dilate(steep, _disc(3)))
    line = (inside ^ cv2.erode(inside.astype(np.uint8), _disc(3)).astype(bool)) & ~_rim(inside.shape)
    return steep, steep[line]


def _step(sharp: NDArray[np.float32], inside: Mask) -> float:
    """Return the median gradient along an outline, in Lab units for each pixel."""
    _, along = _edges(sharp, inside)
    return float(np.median(along)) / 8 if along.size else 0.0


def _edge(sharp: NDArray[np.float32], inside: Mask) -> float:
    """Return the strength of the edge along the outline, compared with all others, 0 to 1."""
    steep, along = _edges(sharp, inside)
    if not along.size:
        return 0.0
    beside_others = float((steep.ravel()[:, None] < np.quantile(along, (0.25, 0.5, 0.75))).mean())
    return 0.5 * beside_others + 0.5 * float((along > 8 * STEP).mean())
