"""One module a stage; the command line finds them by being here."""
