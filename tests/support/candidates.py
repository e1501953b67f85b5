"""Candidates as a worker leaves them, without one."""

import io

from PIL import Image

from app.requests.walk_requests import candidates
from app.storage.candidate_models import PAINTED, Candidate, CandidateSet
from app.storage.database import db, writing
from app.storage.task_kinds import CANDIDATES
from app.storage.walk_models import Task
from app.walks.queue import candidate_requests

COLOURS = ("red", "green", "blue", "white")


def painted(owner_hash: str, prompt: str = "a lemon", *, seed: int = 3, count: int = 4) -> CandidateSet:
    """Ask for candidates and have them painted, in plain colours."""
    wanted = candidates.validate({"stop": {"prompt": prompt}, "seed": seed, "count": count})
    found = candidates.submit(wanted, owner_hash=owner_hash, network=owner_hash)
    deliver(found)
    return found


def deliver(found: CandidateSet) -> None:
    """Write what a worker would: the pictures that are missing, in the pool's order; the piece is done."""
    with writing() as session:
        for index in range(len(found.candidates), found.wanted):
            out = io.BytesIO()
            Image.new("RGB", (16, 16), COLOURS[index % len(COLOURS)]).save(out, "WEBP")
            fields = {"index": index, "pool_index": index, "width": 16, "height": 16, "picture": out.getvalue()}
            session.add(Candidate(set_number=found.number, **fields))
        session.get_one(CandidateSet, found.number).state = PAINTED
        session.query(Task).filter_by(kind=CANDIDATES, task=found.id).delete()
    db.session.expire_all()
    assert candidate_requests.find(found.id) is not None
