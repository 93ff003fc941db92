"""Fills a laptop's empty store: python -m app.seed FOLDER-FOR-IMAGES."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import async_sessionmaker

from app import key_value
from app.cache import Cache
from app.db import create_engine
from app.models import Product
from app.seed_catalogue import ARTICLES, Article
from app.settings import Settings, load_settings

# Fixed, so that the catalogue has the same order on every laptop.
NEWEST = datetime(2026, 1, 31, 12, tzinfo=UTC)


async def seed(settings: Settings, folder: Path) -> int:
    """Add what is missing, without touching what is there; give the number of new products."""
    _draw_images(folder)
    engine = create_engine(settings)
    redis = key_value.connect(settings)
    try:
        statement = insert(Product).values(_rows()).on_conflict_do_nothing()
        async with async_sessionmaker(engine).begin() as session:
            added = len(list(await session.scalars(statement.returning(Product.id))))
        await Cache(redis, key_value.Breaker(), settings.release).invalidate()
        return added
    finally:
        await redis.aclose()
        await engine.dispose()


def _draw_images(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for article in ARTICLES:
        path = folder / f"{article.slug}.svg"
        path.write_text(article.drawing, encoding="utf-8")


def _rows() -> list[dict[str, object]]:
    return [_row(article, NEWEST - timedelta(days=age)) for age, article in enumerate(ARTICLES)]


def _row(article: Article, created_at: datetime) -> dict[str, object]:
    return {
        "slug": article.slug,
        "name": article.name,
        "description": article.description,
        "price_minor": article.price_minor,
        "currency": "EUR",
        "image": f"/seed/{article.slug}.svg",
        "created_at": created_at,
    }


def main() -> None:
    settings = load_settings()
    if settings.environment != "local":
        raise SystemExit("The seed is for laptops: ENVIRONMENT is not local.")
    if len(sys.argv) != 2:
        raise SystemExit("Give the folder for the images: python -m app.seed FOLDER")
    added = asyncio.run(seed(settings, Path(sys.argv[1])))
    print(f"Added {added} of {len(ARTICLES)} products.")


if __name__ == "__main__":
    main()
