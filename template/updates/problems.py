"""What ends a command, with the sentence for the person who ran it."""


class UpdateError(Exception):
    """Nothing was changed; the text says why and what to do."""

    state = "refused"


class ReleaseError(UpdateError):
    """The release, or Copier, has a defect."""

    state = "failed"
