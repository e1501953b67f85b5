"""Admin commands of the Flask command line: ``flask --app wsgi …``."""
