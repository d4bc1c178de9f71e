"""Errors that a user can cause and mend."""


class UserError(Exception):
    """One sentence that names the thing, its value and the remedy; the command line prints it and exits with 2."""
