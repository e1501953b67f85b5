"""Add a LoRA file: copy it into the folder, have a worker check it, and offer it if the check succeeds."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from app.core.errors import InvalidInput, MediaError, MomaError
from app.core.i18n.formatting import join_words
from app.offer.generation import adapters, lora_file, loras, offers
from app.offer.generation.lora_file import LoraError, LoraFacts
from app.offer.generation.loras import Lora
from app.offer.generation.offers import Offer
from app.storage.walk_models import new_id, slug_of
from app.walks.queue import jobs, lora_checks

WAIT_SECONDS, POLL_SECONDS = 300.0, 0.2
TITLE_MAX = 80
NO_WORKER = (
    "No worker is running, and a worker checks each file: start the site (make run) or a worker, then add it again."
)


@dataclass(frozen=True, slots=True)
class LoraRequest:
    """A LoRA file to add, with the operator's details; empty ones are read from the file."""

    file: Path
    name: str = ""
    title: str = ""
    licence: str = ""
    trigger: str = ""
    wait: float = WAIT_SECONDS


def add(request: LoraRequest) -> Lora:
    """Add a LoRA file after a worker has checked it, and return it.

    :raises InvalidInput: naming what is wrong with the file or its name.
    :raises MediaError: when the folder cannot be written to.
    :raises MomaError: when no worker runs, or none answers in time.
    """
    try:
        facts = lora_file.inspect(request.file)
        data = request.file.read_bytes()
        if facts.layout == lora_file.PEFT:
            data = lora_file.with_peft_config(data, request.file.with_name("adapter_config.json"))
    except OSError as error:
        raise _unusable(request.file, f"cannot be read: {error.strerror or error}.") from error
    except LoraError as error:
        raise _unusable(request.file, str(error)) from error
    name = request.name or slug_of(request.file.stem)
    _check_name(name)
    lora = Lora(
        name=name, title=_title(request), digest=hashlib.sha256(data).hexdigest()[: adapters.DIGEST],
        licence=_line(request.licence, "licence"), trigger=_line(request.trigger, "trigger") or facts.trigger,
        family=facts.family, width=facts.width, rank=facts.rank, bytes=len(data),
        path=loras.folder() / f"{name}{lora_file.SUFFIX}",
    )  # fmt: skip
    model = _model(request.file, lora, facts)
    if not jobs.workers():
        raise MomaError(NO_WORKER)
    return _check_and_keep(request, lora, data, model)


def _check_and_keep(request: LoraRequest, lora: Lora, data: bytes, model: Offer) -> Lora:
    """Copy the file beside the others, wait for a worker's check, and offer it."""
    aside = loras.folder() / f".{new_id()}{lora_file.SUFFIX}"
    try:
        try:
            loras.folder().mkdir(parents=True, exist_ok=True)
            aside.write_bytes(data)
        except OSError as error:
            raise MediaError(f"{loras.folder()} cannot be written to: {error.strerror or error}") from error
        if reason := _answer(aside.name, model, request.wait):
            raise _unusable(request.file, reason)
        return loras.keep(aside, lora)
    finally:
        aside.unlink(missing_ok=True)


def _answer(file: str, model: Offer, seconds: float) -> str:
    """Return what a worker finds wrong with a file, "" for nothing; wait for its answer."""
    is_first = model == offers.first()
    task = lora_checks.enqueue(file, None if is_first else model.name)
    until = monotonic() + seconds
    try:
        while (answer := lora_checks.find_answer(task)) is None:
            if monotonic() > until:
                raise MomaError(
                    f"No worker with the model {model.name} checked the file within {seconds:g} seconds; it was not"
                    " added. Try again, with a longer --wait where a model takes long to load."
                )
            sleep(POLL_SECONDS)
    finally:
        lora_checks.delete_check(task)
    return answer


def remove(name: str) -> Lora:
    """Remove a LoRA and return it. Walks rendered with it stay; walks that still need it fail with a message.

    :raises InvalidInput: when there is none of this name.
    """
    lora = next((lora for lora in loras.every() if lora.name == name), None)
    if lora is not None or (loras.NAME.fullmatch(name) and name in loras.strays()):
        loras.remove(name)
        return lora or Lora(
            name, name, "", licence="", trigger="", family="", width=None, rank=0, bytes=0, path=loras.folder()
        )
    if any(lora.name == name for model in offers.load() for lora in model.taught):
        raise InvalidInput.on("name", message=f"{name} was taught here: flask styles remove {name} removes it.")
    names = [lora.name for lora in loras.every()]
    known = f"those that were added are {join_words(names)}" if names else "none was added"
    raise InvalidInput.on("name", message=f"There is no LoRA {name:.60}; {known}.")


def _check_name(name: str) -> None:
    """Check that a LoRA may have this name.

    :raises InvalidInput: when it is not valid or taken.
    """
    if not loras.NAME.fullmatch(name):
        message = (
            f"A LoRA's name has small letters, digits and hyphens between, at most {loras.NAME_MAX}: not"
            f" “{name:.80}”. Give one with --name."
        )
        raise InvalidInput.on("name", message=message)
    names = {lora.name for lora in loras.every()} | set(loras.strays())
    names |= {lora.name for model in offers.load() for lora in model.taught}
    if name in names:
        raise InvalidInput.on("name", message=f"There is a LoRA {name} already. Remove it first, or give a --name.")


def _model(file: Path, lora: Lora, facts: LoraFacts) -> Offer:
    """Return the first model on offer that the file may fit.

    :raises InvalidInput: when there is none.
    """
    known = offers.load()
    usable = [model for model in known if not model.facts.has_sketches]
    fitting = [model for model in usable if lora.fits(model.facts)]
    if fitting:
        return fitting[0]
    if not usable:
        names = join_words(model.name for model in known)
        message = (
            f"cannot be used here: sketches lead what is on offer ({names}), and LoRA files are made for networks of"
            " Stable Diffusion. Offer such a model with MOMA_MODEL or MOMA_MODELS."
        )
        raise _unusable(file, message)
    made_for = facts.family or f"models whose text states are {facts.width} wide"
    names = join_words(model.name for model in usable)
    raise _unusable(file, f"is made for {made_for}: it fits none of the models on offer ({names}).")


def _title(request: LoraRequest) -> str:
    return _line(request.title, "title") or request.file.stem[:TITLE_MAX].replace("_", " ")


def _line(text: str, field: str) -> str:
    """Return a one-line text of the operator, normalised.

    :raises InvalidInput: when it is too long or not printable.
    """
    text = " ".join(text.split())
    most = lora_file.TRIGGER_MAX if field == "trigger" else TITLE_MAX
    if len(text) > most or not text.isprintable():
        raise InvalidInput.on(field, message=f"The {field} must be one line of at most {most} printable characters.")
    return text


def _unusable(file: Path, reason: str) -> InvalidInput:
    return InvalidInput.on("file", message=f"{file.name} {reason}")
