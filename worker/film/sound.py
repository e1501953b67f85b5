"""The sound of a film: a part of a track, as long as the film, faded at both ends and otherwise as loud as it was."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

RATE = 48_000
"""The sampling rate of films' sound, the only one of Opus that has no resampling in players."""

FADE_IN_S, FADE_OUT_S = 0.02, 1.0
"""The first is too short to be heard as a fade, and long enough not to click."""

FORMATS = "flac,wav"
"""What is read: the file that was stored when the track was checked. ffmpeg guesses no other format, such as a list of
other files."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A part of a sound file (FLAC or WAV): its beginning in the file, and its length, which is that of the film."""

    path: Path
    start: float
    seconds: Fraction

    def source(self) -> list[str]:
        """Return ffmpeg's options that read the file."""
        return ["-format_whitelist", FORMATS, "-protocol_whitelist", "file", "-vn", "-i", str(self.path)]

    def filters(self) -> str:
        """Return ffmpeg's audio filters: cut to a whole number of samples, silence where the file ends, fades.

        Samples are counted from the file's first one, because seeking in a file can miss its aim.
        """
        samples = round(self.seconds * RATE)
        out = min(FADE_OUT_S, float(self.seconds) / 4)
        first = round(self.start * RATE)
        return ",".join(
            [
                f"aresample={RATE}",
                f"atrim=start_sample={first}",
                "asetpts=N/SR/TB",
                f"apad=whole_len={samples}",
                f"atrim=end_sample={samples}",
                f"afade=t=in:d={FADE_IN_S}",
                f"afade=t=out:st={float(self.seconds) - out:.6f}:d={out:.6f}",
            ]
        )
