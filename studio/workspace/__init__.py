"""The work folder, the training runs in it, shards of encoded pictures, and options that all stages share."""

__all__ = ["children", "shards", "stage_command", "training_run", "weight_files", "work_folder"]
