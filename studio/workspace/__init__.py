"""Where the work lies: the work folder, runs of training in it, shards, and what all stages share."""

__all__ = ["children", "shards", "stage_command", "training_run", "weight_files", "work_folder"]
