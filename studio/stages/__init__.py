"""Stages of the studio, one module each; the command line discovers them in this package."""
