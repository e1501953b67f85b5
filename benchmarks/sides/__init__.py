"""Programs that run with the code of an earlier release too: they import only what that has."""
