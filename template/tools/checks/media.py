"""Rules for storage/cloudinary.yml."""

from __future__ import annotations

from collections.abc import Iterator

from ..repository import MEDIA, Finding, Repository, Rule

IMAGE_FORMATS = {"avif", "gif", "heic", "jpg", "png", "webp"}


def _found(where: str, message: str) -> Finding:
    return Finding(MEDIA, where, message)


def signed_uploads_only(repository: Repository) -> Iterator[Finding]:
    """An unsigned preset lets anyone fill the account."""
    for name, preset in repository.media["upload_presets"].items():
        if preset.get("unsigned") is not False:
            yield _found(name, "must be signed: write unsigned: false")


def image_formats_only(repository: Repository) -> Iterator[Finding]:
    """Without a list of formats, a preset also accepts scripts and archives."""
    for name, preset in repository.media["upload_presets"].items():
        formats = set(preset.get("allowed_formats", []))
        if not formats or formats - IMAGE_FORMATS:
            allowed = ", ".join(sorted(IMAGE_FORMATS))
            yield _found(name, f"allowed_formats must be a list of some of {allowed}")


def automatic_formats_last(repository: Repository) -> Iterator[Finding]:
    """Formats share a derived image only if f_auto and q_auto are the last two components."""
    for name, transformation in repository.media["named_transformations"].items():
        if transformation.split("/")[-2:] != ["f_auto", "q_auto"]:
            yield _found(name, "must end with /f_auto/q_auto")


RULES: tuple[Rule, ...] = (
    signed_uploads_only,
    image_formats_only,
    automatic_formats_last,
)
