"""The plan of a walk as pure arithmetic: frame positions, passes, pacing and latent states."""

__all__ = ["frame_schedule", "interpolation", "latent_state", "pass_plan", "photo_path", "variety"]
