"""What ends a command, with the sentence for the person who ran it."""


class UpdateError(Exception):
    """Nothing was changed; the text says why and what to do."""
