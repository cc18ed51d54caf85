"""The errors that a user can remedy; the command line prints them as one line."""


class CompilerError(Exception):
    """What was expected, what was found, and the remedy."""


class ModelFileError(CompilerError):
    """A model file is missing, malformed, or holds something this version cannot read."""


class OptionError(CompilerError):
    """An option, or a combination of options, cannot be honoured."""
