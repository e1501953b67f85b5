"""The plan of a walk, as pure arithmetic: positions, levels, pace, states."""

__all__ = ["frame_schedule", "interpolation", "latent_state", "level_plan", "photo_path", "variety"]
