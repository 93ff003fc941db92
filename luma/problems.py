"""What ends a command, with the sentence for the person who ran it."""


class LumaError(Exception):
    """The command did nothing; the text says why and what to do."""

    state = "refused"


class ReleaseError(LumaError):
    """The release, or Copier, has a defect."""

    state = "failed"
