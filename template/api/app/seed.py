"""Fills a laptop's empty store with the sample catalogue: python -m app.seed FOLDER-FOR-IMAGES."""

import asyncio
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from render.api.service import connections
from sqlalchemy.dialects.postgresql import insert

from app.products.models import Product
from app.products.schemas import NewProduct
from app.settings import Settings, load_settings

SAMPLES = Path(__file__).parents[1] / "samples"
# Where the storefront serves the folder for images.
ADDRESS = "/seed"
# Fixed, so that the catalogue has the same order on every laptop.
NEWEST = datetime(2026, 1, 31, 12, tzinfo=UTC)


def products() -> list[NewProduct]:
    """Read the sample catalogue, the newest product first."""
    catalogue = yaml.safe_load((SAMPLES / "catalogue.yml").read_text(encoding="utf-8"))
    return [_product(entry, catalogue["currency"]) for entry in catalogue["products"]]


def _product(entry: dict[str, Any], currency: str) -> NewProduct:
    first, *others = (
        {"image": f"{ADDRESS}/{picture['file']}", "alt": picture["alt"]}
        for picture in entry["images"]
    )
    return NewProduct(
        slug=entry["slug"],
        name=entry["name"],
        description=entry["description"],
        price_minor=entry["price_minor"],
        currency=currency,
        category=entry["category"],
        materials=entry["materials"],
        dimensions={**entry["dimensions"], "weight": entry["weight"]},
        stock=entry["stock"],
        image=first["image"],
        image_alt=first["alt"],
        gallery=others,
    )


async def seed(settings: Settings, folder: Path) -> int:
    """Add what is missing, without touching what is there; give the number of new products."""
    pictures = shutil.ignore_patterns("*.yml")
    shutil.copytree(SAMPLES, folder, ignore=pictures, dirs_exist_ok=True)
    rows = [
        {**product.model_dump(), "created_at": NEWEST - timedelta(days=age)}
        for age, product in enumerate(products())
    ]
    statement = insert(Product).values(rows).on_conflict_do_nothing()
    async with connections(
        database_url=settings.database_url.get_secret_value(),
        database_pool_size=1,
        cache_url=settings.cache_url.get_secret_value(),
        release=settings.release,
    ) as store:
        async with store["sessions"].begin() as session:
            added = len(list(await session.scalars(statement.returning(Product.id))))
        await store["catalogue"].invalidate()
        return added


def main() -> None:
    settings = load_settings()
    if settings.environment != "local":
        raise SystemExit("The seed is for laptops: ENVIRONMENT is not local.")
    if len(sys.argv) != 2:
        raise SystemExit("Give the folder for the images: python -m app.seed FOLDER")
    added = asyncio.run(seed(settings, Path(sys.argv[1])))
    print(f"Added {added} of {len(products())} products.")


if __name__ == "__main__":
    main()
