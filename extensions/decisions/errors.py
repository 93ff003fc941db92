"""What the decisions raise on purpose."""


class AnswerError(ValueError):
    """An answer, or a combination of answers, that no store may have.

    Its text is a finished sentence for the person who answered.
    """


class CatalogError(ValueError):
    """A mistake in a catalogue file, for whoever changes the template."""
