"""Analyses of sounds, and uploaded sounds with one, as a worker would leave them."""

from sqlalchemy import update

from app.storage.database import writing
from app.storage.upload_models import READY, Upload
from app.walks.uploads.sound_analysis import SoundAnalysis

HEARD = SoundAnalysis(
    version=1, seconds=20.0, tempo=60.0, beats=tuple(0.5 + beat for beat in range(20)),
    downbeats=tuple(0.5 + beat for beat in range(0, 20, 4)), onsets=(0.5, 4.5), strengths=(0.5, 1.0), step=0.1,
    loudness=(0.01,) * 40 + (0.3,) * 100 + (0.0,) * 60, peaks=tuple((index % 10) / 10 for index in range(100)),
)  # fmt: skip
"""Twenty seconds with a beat each second: quiet, from second 4 loud, from second 14 silent."""


def read(sound_id: str, heard: SoundAnalysis = HEARD) -> None:
    """Store an analysis of an uploaded sound, as its worker does."""
    with writing() as session:
        changes = {"state": READY, "seconds": heard.seconds, "analysis": heard.to_json()}
        session.execute(update(Upload).where(Upload.id == sound_id).values(**changes))
