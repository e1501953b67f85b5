"""What the header of a sound says: its format, length, rate and channels. Nothing is decoded.

Own readers of a few fields instead of a library: mutagen is under the GPL, and libraries for tags also read covers and
texts of any size. Sources: RIFF/WAVE (Microsoft, 1991), FLAC (RFC 9639), Ogg (RFC 3533), Vorbis I, Opus in Ogg (RFC
7845), MPEG audio (ISO 11172-3, 13818-3), ID3v2.4, and the header that Xing and LAME write.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

FORMATS = "WAV", "FLAC", "Ogg Vorbis", "Opus", "MP3"
CHUNKS_MAX = 100
"""How many chunks of a WAV are passed over at most."""
SYNC_MAX = 8_192
"""How many bytes before the first frame of an MP3 are passed over."""
FRAMES_MAX = 50_000
"""How many frames of an MP3 without a count are counted: 20 minutes at 48 kHz."""
GAPS_MAX = 10
"""How many times something else than frames is passed over."""
TAIL = 65_536 + 512
"""The bytes at the end of an Ogg file in which its last page begins."""
STREAMED = 0, 0xFFFFFFFF
"""The sizes that programs write which do not know them yet."""
PCM, FLOAT, ALAW, MULAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
BITRATES = {  # kbit/s of layer III, by the index in the frame's header
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


class Unread(Exception):
    """A file is no sound that is read; ``flaw`` is damaged, kind, coding or video."""

    def __init__(self, flaw: str) -> None:
        super().__init__(flaw)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class SoundHeader:
    """The format, length in seconds (`None` where the header does not say), sampling rate and channels of a sound."""

    kind: str
    seconds: float | None
    rate: int
    channels: int


def read_header(data: bytes) -> SoundHeader:
    """Return what the header of a file says.

    :raises Unread: when it is no sound of a known format, or ends before its header says.
    """
    try:
        return _read(data, _skip_id3(data))
    except (struct.error, IndexError) as error:
        raise Unread("damaged") from error


def _read(data: bytes, start: int) -> SoundHeader:
    head = data[start : start + 12]
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return _wav(data)
    if head[:4] == b"fLaC":
        return _flac(data, start)
    if head[:4] == b"OggS":
        return _ogg(data, start)
    if head[4:8] == b"ftyp" or head[:4] in (b"\x1aE\xdf\xa3", b"FLV\1", b"0&\xb2u") or head[8:] == b"AVI ":
        raise Unread("video")
    return _mp3(data, start)


def _wav(data: bytes) -> SoundHeader:
    place, found = 12, None
    for _ in range(CHUNKS_MAX):
        name, size = struct.unpack_from("<4sI", data, place)
        place += 8
        if name == b"fmt ":
            found = struct.unpack_from("<HHIIHH", data, place)
            coding = struct.unpack_from("<H", data, place + 24)[0] if found[0] == EXTENSIBLE else found[0]
            if coding not in (PCM, FLOAT, ALAW, MULAW):
                raise Unread("coding")
        if name == b"data" and found is not None:
            _coding, channels, rate, _bytes_a_second, frame, _bits = found
            if size not in STREAMED and place + size > len(data) + 1:
                raise Unread("damaged")
            held = len(data) - place if size in STREAMED else size
            return SoundHeader("wav", held / frame / rate if frame and rate else None, rate, channels)
        place += size + size % 2
    raise Unread("damaged")


def _flac(data: bytes, start: int) -> SoundHeader:
    if data[start + 4] & 0x7F or len(data) < start + 42:  # the first block of metadata is STREAMINFO
        raise Unread("damaged")
    packed = int.from_bytes(data[start + 18 : start + 26], "big")
    rate, channels, samples = packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
    return SoundHeader("flac", samples / rate if samples and rate else None, rate, channels)


def _ogg(data: bytes, start: int) -> SoundHeader:
    body = start + 27 + data[start + 26]
    packet = data[body : body + 32]
    if packet[:7] == b"\x01vorbis":
        kind, channels, (rate,), skip, clock = "vorbis", packet[11], struct.unpack_from("<I", packet, 12), 0, 0
    elif packet[:8] == b"OpusHead":
        kind, channels, (skip,), rate, clock = "opus", packet[9], struct.unpack_from("<H", packet, 10), 48_000, 48_000
    else:
        raise Unread("video" if packet[1:7] in (b"theora", b"BBCD\0\0") or b"video" in packet else "coding")
    last = data.rfind(b"OggS", max(start, len(data) - TAIL))
    flags, granule = struct.unpack_from("<Bq", data, last + 5)
    segments = data[last + 26]
    ends = last + 27 + segments + sum(data[last + 27 : last + 27 + segments])
    if not flags & 4 or ends > len(data) or granule < 0:  # without the mark of the last page
        raise Unread("damaged")
    return SoundHeader(kind, max(0, granule - skip) / (clock or rate) if rate else None, rate, channels)


def with_frame_count(data: bytes) -> bytes:
    """Return an MP3 without a count of its frames with a frame in front that has it; one with a count as it is.

    libsndfile else infers the length from the bit rate of the first frames and reads no further: where a variable bit
    rate begins high, the end is lost (``findings/libsndfile-mp3-without-header.sh``).
    """
    start = _skip_id3(data)
    place = _next_frame(data, start)
    if place is None or _mp3_said(data, place) is not None:
        return data
    frames, _seconds = _mp3_counted(data, place)
    _sync, second, third, fourth = data[place : place + 4]
    head = bytes((0xFF, second | 1, 9 << 4 | third & 0x0C, fourth))  # without a checksum, long enough for the fields
    length = _mp3_frame(head, 0)[0]  # type: ignore[index]  # its fields are those of a frame
    fields = b"Xing" + struct.pack(">III", 3, frames, len(data) - place + length)
    return data[:place] + (head + bytes(_side_info(head)) + fields).ljust(length, b"\0") + data[place:]


def _mp3(data: bytes, start: int) -> SoundHeader:
    place = _next_frame(data, start)
    if place is None:
        raise Unread("kind")
    _length, samples, rate, channels = _mp3_frame(data, place)  # type: ignore[misc]  # there is one
    frames = _mp3_said(data, place)
    seconds = _mp3_counted(data, place)[1] if frames is None else frames * samples / rate
    return SoundHeader("mp3", seconds, rate, channels)


def _next_frame(data: bytes, start: int) -> int | None:
    """Return where the first frame begins that another follows; ``None`` if there is none near ``start``."""
    end, place = min(start + SYNC_MAX, len(data) - 4), data.find(0xFF, start)
    while start <= place < end:
        frame = _mp3_frame(data, place)
        if frame is not None:
            following = _mp3_frame(data, place + frame[0])
            if following is not None and following[2] == frame[2]:
                return place
        place = data.find(0xFF, place + 1)
    return None


def _mp3_frame(data: bytes, place: int) -> tuple[int, int, int, int] | None:
    """Return the length in bytes, samples, rate and channels of a frame of layer III; ``None`` if there is none."""
    if place + 4 > len(data):
        return None
    _sync, second, third, fourth = data[place : place + 4]
    version, bitrate_at, rate_at = second >> 3 & 3, third >> 4, third >> 2 & 3
    if data[place] != 0xFF or second & 0xE6 != 0xE2 or version == 1 or bitrate_at in (0, 15) or rate_at == 3:
        return None
    is_first = version == 3
    bitrate, rate, samples = BITRATES[is_first][bitrate_at] * 1000, RATES[version][rate_at], 1152 if is_first else 576
    return samples // 8 * bitrate // rate + (third >> 1 & 1), samples, rate, 1 if fourth >> 6 == 3 else 2


def _side_info(frame: bytes) -> int:
    """Return how many bytes lie between the header of a frame and its data."""
    is_first, is_mono = frame[1] >> 3 & 3 == 3, frame[3] >> 6 == 3
    return (17 if is_mono else 32) if is_first else (9 if is_mono else 17)


def _mp3_said(data: bytes, place: int) -> int | None:
    """Return how many frames a Xing or VBRI header says that follow; ``None`` without one."""
    xing = place + 4 + _side_info(data[place : place + 4])
    frames = held = 0
    if data[xing : xing + 4] in (b"Xing", b"Info"):
        (flags,) = struct.unpack_from(">I", data, xing + 4)
        frames, held = struct.unpack_from(">II", data, xing + 8) if flags & 3 == 3 else (0, 0)
    elif data[place + 36 : place + 40] == b"VBRI":
        held, frames = struct.unpack_from(">II", data, place + 46)
    if held > len(data) - place:
        raise Unread("damaged")
    return frames or None


def _mp3_counted(data: bytes, place: int) -> tuple[int, float]:
    """Return how many whole frames there are, and how long they last, in seconds.

    Nothing says how many there should be: of a file that is cut off, what is there is read.
    """
    frames, seconds, gaps = 0, 0.0, 0
    while frames < FRAMES_MAX:
        frame = _mp3_frame(data, place)
        if frame is None:
            gaps += 1
            after = _next_frame(data, place) if gaps <= GAPS_MAX else None
            if after is None:
                break
            place = after
            continue
        length, samples, rate, _channels = frame
        if place + length > len(data):
            break
        place, frames, seconds = place + length, frames + 1, seconds + samples / rate
    return frames, seconds


def _skip_id3(data: bytes) -> int:
    """Return where the sound begins behind an ID3v2 tag, which may hold a cover; 0 without a tag."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = sum((byte & 0x7F) << 7 * (3 - index) for index, byte in enumerate(data[6:10]))
    return 10 + size + (10 if data[5] & 0x10 else 0)
