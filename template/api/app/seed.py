"""Fills a laptop's store with the sample catalogue: python -m app.seed FOLDER-FOR-IMAGES."""

import os
import sys
from pathlib import Path

from fastapi.testclient import TestClient
from render.api.limits import parts

from app.products import importing
from app.settings import Settings, load_settings

SAMPLES = Path(__file__).parents[1] / "samples" / "catalogue.yml"


def seed(settings: Settings, folder: Path) -> int:
    """Add what is missing, without touching what is there; return the number of new products."""
    # Not above: it takes its settings as it is imported.
    from app.main import create_app

    # Quiet, and without the storefront, which doesn't run yet either.
    quiet = settings.model_copy(update={"log_level": "warning", "storefront_origin": None})
    token = parts(settings.admin_token.get_secret_value())[0]
    with TestClient(create_app(quiet), headers={"Authorization": f"Bearer {token}"}) as shop:
        return importing.run(shop, SAMPLES, folder, only_new=True)


def main() -> None:
    # Sentry is for what the store does.
    for name in [name for name in os.environ if name.startswith("SENTRY_")]:
        del os.environ[name]
    settings = load_settings()
    if settings.environment != "local":
        raise SystemExit("The seed is for laptops: ENVIRONMENT is not local.")
    if len(sys.argv) != 2:
        raise SystemExit("Give the folder for the images: python -m app.seed FOLDER")
    seed(settings, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
