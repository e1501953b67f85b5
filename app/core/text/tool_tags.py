"""Find the tags and syntax of other image generators in a prompt: quality tags, adapters, flags, settings, addresses.

Each fragment is replaced by a comma and spaces, so that the words around it keep their places in the prompt.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.core.text import prompt_weights

LISTED = Path(__file__).with_suffix(".txt")

SETTINGS = (
    "steps|sampler|cfg scale|cfg|seed|size|model hash|model|clip skip|denoising strength|schedule type|hires upscale"
    "|hires upscaler|vae|version"
)
CODES = (
    r"[0-9]+(?:girl|boy|other)s?|score_[0-9]+(?:_up)?|(?:source|rating)_[a-z]+|[0-9]{1,2}k|[0-9]{2,3}mm|f/[0-9.]+"
    r"|clip skip:? [0-9]+|(?:steps|cfg|cfg scale|seed|iso) [0-9.]+|(?:rating|artist|style|quality|aesthetic):\S.*"
    r"|(?:ar )?[0-9]{1,2}:[0-9]{1,2}|[0-9]{3,4} ?x ?[0-9]{3,4}|f[0-9]{1,2}(?:\.[0-9])?|style raw|v[0-9](?:\.[0-9])?"
    r"|(?:euler|dpm|ddim|lms|heun|unipc|plms|lcm)(?: ?\+\+)?(?: (?:a|2m|2s|3m|sde|karras|exponential|ancestral))*"
    r"|(?:easy|very ?bad|bad|ng|deep)?[ _]*\w*negative(?:[ _]?(?:xl|v?[0-9.]+[a-z]?))*"
    r"|bad[ _]?(?:hands?|prompt|artist|dream)[ _]?v?[0-9]*|rule ?34|ultra high res"
    r"|(?:trending|shot) on \w+|(?:by )?midjourney(?: v[0-9.]+)?"
)
FRAGMENTS = re.compile(
    r"^\s*/imagine(?: prompt:?)?"
    r"|<[a-z]+:[^<>]{1,200}>"  # adapters
    r"|\bembedding:[\w.-]+|(?<!\w)__[\w/*-]+__(?!\w)"  # textual inversions and wildcards
    r"|(?<!\S)--[a-z]+(?:[ =][\w.:]+)?"  # flags
    r"|::-?[0-9]+(?:\.[0-9]+)?"  # weights of parts
    rf"|\b(?:{SETTINGS}): ?[^,;\n]*"
    r"|\bhttps?://\S+|\bwww\.\S+"
    r"|(?<![\w&])[#@][^\W\d]\w+",
    re.IGNORECASE,
)
SEPARATORS = re.compile(r"\b(?:BREAK|AND)\b")
NEGATIVE = re.compile(r"\bnegative prompt:", re.IGNORECASE)
CHOICE = re.compile(
    r"\{(?:[0-9-]+\$\$)?(?P<plain>[^{}|]*)\}|\{(?:[0-9-]+\$\$)?(?P<one>[^{}|]*)\|[^{}]*\}"
    r"|\[(?P<turn>[^\[\]|:]*)\|[^\[\]]*\]|\[(?P<edited>[^\[\]|:]*):[^\[\]|:]*:[0-9.]+\]"
)
"""Parts of which one is chosen (``{a|b}``), that take turns (``[a|b]``), or of which one follows (``[a:b:0.5]``)."""

EMPHASIS = re.compile(r"\(\(|\{\{|\[[^\[\]]+\]")
BRACKET_WEIGHT = "1.1"
PART = re.compile(r"(?:[^,.;|\n]|\.(?=[0-9]))+")
BRACKETS = re.compile(r"[()\[\]]|:[0-9.]+(?=[)\]])")
NUMBER = r"[+-]?[0-9]*\.?[0-9]+"
WEIGHT = re.compile(rf"(?<=:){NUMBER}(?=\))")
NO_TAG = re.compile(rf"AND|(?i:negative prompt:)|{NUMBER}")
"""Ignored fragments that are no tags: what separates parts, the label of a negative prompt, and weights."""


@dataclass(frozen=True, slots=True)
class TaggedPrompt:
    """A prompt without what is meant for other tools.

    ``text`` is as long as the prompt, up to a negative prompt in it, which is ``negative``. ``ignored`` are the
    fragments that are not in ``text``, as they were written, and the weights in it.
    """

    text: str
    negative: str = ""
    ignored: tuple[str, ...] = ()


def split(prompt: str) -> TaggedPrompt:
    """Return a prompt with tags and syntax of other tools taken out.

    Of ``{a|b}``, ``[a|b]`` and ``[a:b:0.5]`` the first is kept. Words in capitals that separate parts (BREAK, AND)
    become commas. A prompt of which nothing would be left stays as it is.

    >>> split("masterpiece, a fox <lora:ink:0.8>, 8k").ignored
    ('<lora:ink:0.8>', 'masterpiece', '8k')
    """
    ignored: list[str] = []

    def blank(match: re.Match[str]) -> str:
        ignored.append(match.group().strip())
        return ",".ljust(len(match.group()))

    def first(match: re.Match[str]) -> str:
        if match.lastgroup != "plain":
            ignored.append(match.group())
        group = str(match.lastgroup)
        return f"{' ' * (match.start(group) - match.start())}{match[group]}".ljust(len(match.group()))

    text, label, negative = _at_negative(prompt)
    ignored += [label] if label else []
    text = CHOICE.sub(first, text)
    text = FRAGMENTS.sub(blank, text)
    text = SEPARATORS.sub(blank, text)
    text = PART.sub(lambda match: blank(match) if _is_tag(match.group()) else match.group(), text)
    if not re.search(r"\w", text):  # a prompt of tags alone may mean what it says
        return TaggedPrompt(prompt)
    if prompt_weights.parse(text).is_explicit:
        ignored += WEIGHT.findall(text)
    if EMPHASIS.search(text):
        ignored.append(BRACKET_WEIGHT)
    negative = FRAGMENTS.sub(" ", negative)
    return TaggedPrompt(text, negative.strip(" ,.\n"), tuple(ignored))


def tags(ignored: Iterable[str]) -> tuple[str, ...]:
    """Return the tags and syntax among ignored fragments, each once, without weights and what is read otherwise.

    AND is read as a comma, a negative prompt as what to leave out.
    """
    return tuple(dict.fromkeys(each for each in ignored if not NO_TAG.fullmatch(each)))


def has_weights(ignored: Iterable[str]) -> bool:
    """Return whether there are weights among ignored fragments."""
    return any(re.fullmatch(NUMBER, each) for each in ignored)


def _at_negative(prompt: str) -> tuple[str, str, str]:
    """Return a prompt up to its negative prompt, the label of that, and the negative prompt."""
    match = NEGATIVE.search(prompt)
    if match is None:
        return prompt, "", ""
    return prompt[: match.start()], match.group(), prompt[match.end() :]


def _is_tag(part: str) -> bool:
    """Return whether a part between commas consists of tags alone."""
    words = " ".join(re.sub("[-\u2010\u2011]", " ", BRACKETS.sub(" ", part)).casefold().split())
    return bool(words) and _tags().fullmatch(words) is not None


@lru_cache(maxsize=1)
def _tags() -> re.Pattern[str]:
    lines = LISTED.read_text("utf-8").splitlines()
    names = sorted((re.escape(line) for line in lines if line and not line.startswith("#")), key=len, reverse=True)
    one = f"(?:{'|'.join(names)}|{CODES})"
    return re.compile(f"{one}(?: {one}){{0,9}}")
