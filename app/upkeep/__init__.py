"""What keeps a site running: processes, backups, repairs, the first exhibition."""
