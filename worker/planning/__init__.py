"""The plan of a walk as pure arithmetic: frame positions, passes, pacing and latent states.

>>> frame_schedule.positions(stops=3, frames=5)
(0.0, 0.5, 1.0, 1.5, 2.0)
>>> list(frame_schedule.coarse_to_fine((0.0, 0.5, 1.0, 1.5, 2.0), painted=[0, 4]))
[2, 1, 3]
"""

__all__ = [
    "frame_schedule",
    "interpolation",
    "latent_state",
    "music",
    "music_pictures",
    "music_time",
    "pass_plan",
    "photo_path",
    "variety",
]
