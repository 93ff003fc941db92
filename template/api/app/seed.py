"""Fills a laptop's empty store: python -m app.seed FOLDER-FOR-IMAGES."""

import asyncio
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from render.api.service import connections
from sqlalchemy.dialects.postgresql import insert

from app.products.models import Product
from app.settings import Settings, load_settings

# Fixed, so that the catalogue has the same order on every laptop.
NEWEST = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Article:
    name: str
    price_minor: int
    shape: str
    palette: str
    description: str

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def drawing(self) -> str:
        """The product's image, an SVG."""
        background, shadow, form, accent = PALETTES[self.palette]
        shape = SHAPES[self.shape].replace('"F"', f'"{form}"').replace('"A"', f'"{accent}"')
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800" '
            'viewBox="0 0 800 800">'
            f'<rect width="800" height="800" fill="{background}"/>'
            f'<ellipse cx="400" cy="618" rx="240" ry="26" fill="{shadow}"/>'
            f"{shape}</svg>\n"
        )


ARTICLES = (
    Article(
        "Alder Lounge Chair",
        89_000,
        "chair",
        "moss",
        "A low, wide chair in oiled alder with a woven wool seat. The arms are broad enough for "
        "a cup of tea, and the seat lifts off for cleaning.",
    ),
    Article(
        "Halo Table Lamp",
        24_500,
        "lamp",
        "sand",
        "Spun brass over a frosted glass globe. Three steps of warm light, from reading to "
        "the last hour of the evening.",
    ),
    Article(
        "Tidal Stoneware Vase",
        11_800,
        "vase",
        "sea",
        "Thrown by hand and glazed in two passes, so that the blue gathers where the form turns. "
        "Watertight, for branches as well as for tulips.",
    ),
    Article(
        "Field Watch 38",
        34_900,
        "watch",
        "ink",
        "A 38 mm steel watch with a matte dial and an automatic movement. Water-resistant to "
        "100 metres, on a strap of vegetable-tanned leather.",
    ),
    Article(
        "Weekender in Waxed Canvas",
        27_900,
        "bag",
        "moss",
        "Holds three days and fits under a train seat. Waxed cotton, brass hardware and a "
        "bottom that stands up by itself.",
    ),
    Article(
        "Morning Cup, Set of Two",
        4_800,
        "cup",
        "clay",
        "Stoneware cups with a thumb rest and a rim thin enough for espresso. Safe in the "
        "dishwasher, better by hand.",
    ),
    Article(
        "Linen Throw",
        12_900,
        "textile",
        "sand",
        "Washed European linen in a loose basket weave. Cool in summer, a second layer in "
        "winter, softer with every wash.",
    ),
    Article(
        "Cedar and Fig Candle",
        4_200,
        "candle",
        "clay",
        "Rapeseed and beeswax with cedar, fig leaf and a little smoke. Burns for about 45 hours; "
        "the glass goes on as a tumbler.",
    ),
    Article(
        "Oak Serving Board",
        6_900,
        "board",
        "sand",
        "One piece of European oak, oiled and ready for the table. The groove on one side catches "
        "juice, the other side is for bread.",
    ),
    Article(
        "Carafe with Glass",
        5_900,
        "bottle",
        "sea",
        "Mouth-blown borosilicate for the bedside: the glass is the lid. One litre.",
    ),
    Article(
        "Merino Travel Blanket",
        16_500,
        "textile",
        "ink",
        "Fine merino that packs into its own pillow case. Woven in a family mill, with a "
        "bound edge that does not fray.",
    ),
    Article(
        "Arc Floor Lamp",
        42_000,
        "lamp",
        "ink",
        "A slim steel arc on a foot of cast iron. The shade turns, so that it lights the page or "
        "the ceiling.",
    ),
    Article(
        "Folio in Bridle Leather",
        18_900,
        "bag",
        "clay",
        "For a laptop of up to 14 inches and the papers that come with it. English bridle "
        "leather, stitched by hand, without a logo.",
    ),
    Article(
        "Dune Bowl",
        7_400,
        "bowl",
        "sand",
        "A wide serving bowl with a ridge that the fingers find. Matte outside, glazed inside.",
    ),
    Article(
        "Pour-Over Kettle",
        13_900,
        "kettle",
        "ink",
        "A gooseneck spout for a calm, thin stream and a handle that stays cool. One litre, "
        "for every kind of hob.",
    ),
    Article(
        "Reading Stool",
        21_500,
        "chair",
        "clay",
        "Stool, side table and step in one. Solid ash with a dished seat, strong enough to "
        "stand on.",
    ),
    Article(
        "Nocturne Wall Clock",
        15_900,
        "clock",
        "sea",
        "Silent movement behind mineral glass, with hands that can be read from across the room.",
    ),
    Article(
        "Ribbed Tumblers, Set of Four",
        5_200,
        "cup",
        "sea",
        "Pressed glass with a heavy foot. They stack, and they sound right when they meet.",
    ),
    Article(
        "Everyday Tote",
        9_800,
        "bag",
        "sand",
        "Organic cotton canvas of 500 grams with long handles and one inner pocket. Takes a "
        "week's shopping.",
    ),
    Article(
        "Ember Incense Holder",
        3_900,
        "bowl",
        "clay",
        "Unglazed black clay with a bed of sand. Comes with ten sticks of sandalwood.",
    ),
    Article(
        "Olive Wood Pepper Mill",
        7_900,
        "mill",
        "moss",
        "A ceramic grinder that does not wear out, in olive wood whose grain is never the same "
        "twice.",
    ),
    Article(
        "Bud Vase Trio",
        6_400,
        "vase",
        "clay",
        "Three small vases for what the garden gives today. Porcelain, in three heights.",
    ),
    Article(
        "Enamel Stove Pot",
        14_900,
        "pot",
        "moss",
        "Four litres of cast iron under two coats of enamel. From the hob to oven to table.",
    ),
    Article(
        "Beeswax Dinner Candles, Pair",
        1_900,
        "candle",
        "sand",
        "Hand-dipped from pure beeswax. They burn for eight hours and do not drip.",
    ),
)

# Background, shadow, form, accent.
PALETTES = {
    "clay": ("#f3e7df", "#dfc9bb", "#b5664a", "#7d3f2b"),
    "ink": ("#e9ebef", "#cdd2da", "#2f3a4d", "#c79a5b"),
    "moss": ("#ebeee4", "#d0d6c3", "#5f7050", "#35402b"),
    "sand": ("#f5f0e6", "#e2d8c5", "#c3a679", "#866a40"),
    "sea": ("#e6eff0", "#c6d8da", "#4b8790", "#25545c"),
}

# On a square of 800; F is the form's colour and A the accent's.
SHAPES = {
    "bag": '<path d="M300 330v-40a100 100 0 0 1 200 0v40" fill="none" stroke="A" '
    'stroke-width="22"/>'
    '<rect x="200" y="330" width="400" height="270" rx="36" fill="F"/>'
    '<rect x="200" y="410" width="400" height="16" fill="A"/>'
    '<rect x="372" y="392" width="56" height="52" rx="8" fill="A"/>',
    "board": '<rect x="270" y="300" width="260" height="310" rx="44" fill="F"/>'
    '<rect x="366" y="180" width="68" height="150" rx="34" fill="F"/>'
    '<circle cx="400" cy="218" r="14" fill="A"/>'
    '<path d="M320 370c60 30 100-20 160 10M320 450c60 30 100-20 160 10'
    'M320 530c60 30 100-20 160 10" '
    'fill="none" stroke="A" stroke-width="6" opacity=".5"/>',
    "bottle": '<path d="M360 190h80v120c0 40 70 70 70 150v120a30 30 0 0 1-30 30H320a30 30 0 0 1'
    '-30-30V460c0-80 70-110 70-150z" fill="F"/>'
    '<rect x="350" y="170" width="100" height="50" rx="12" fill="A"/>'
    '<path d="M290 480h220v100a30 30 0 0 1-30 30H320a30 30 0 0 1-30-30z" fill="A" opacity=".35"/>',
    "bowl": '<path d="M180 380h440c0 130-90 210-170 220H350c-80-10-170-90-170-220z" fill="F"/>'
    '<ellipse cx="400" cy="380" rx="220" ry="46" fill="A"/>',
    "candle": '<rect x="310" y="370" width="180" height="240" rx="18" fill="F"/>'
    '<path d="M400 370v-40" stroke="A" stroke-width="8"/>'
    '<path d="M400 220c44 60 30 110 0 110s-44-50 0-110z" fill="A"/>'
    '<rect x="340" y="450" width="120" height="80" rx="6" fill="#fff" opacity=".7"/>',
    "chair": '<path d="M270 240q130-50 260 0l-20 200H290z" fill="F"/>'
    '<rect x="250" y="430" width="300" height="60" rx="26" fill="A"/>'
    '<path d="M285 490l-25 120M515 490l25 120" stroke="A" stroke-width="22" '
    'stroke-linecap="round"/>',
    "clock": '<circle cx="400" cy="400" r="200" fill="F"/>'
    '<circle cx="400" cy="400" r="170" fill="#fff"/>'
    '<path d="M400 400V280M400 400l80 50" stroke="A" stroke-width="14" stroke-linecap="round"/>',
    "cup": '<path d="M270 320h220v200a80 80 0 0 1-80 80h-60a80 80 0 0 1-80-80z" fill="F"/>'
    '<path d="M490 370h30a60 60 0 0 1 0 120h-30" fill="none" stroke="F" stroke-width="26"/>'
    '<ellipse cx="380" cy="320" rx="110" ry="26" fill="A"/>',
    "kettle": '<path d="M270 360h230l40 220a30 30 0 0 1-30 30H260a30 30 0 0 1-30-30z" fill="F"/>'
    '<path d="M290 350a95 95 0 0 1 190 0" fill="none" stroke="A" stroke-width="22"/>'
    '<path d="M520 520c70-10 40-150 100-170" fill="none" stroke="F" stroke-width="26" '
    'stroke-linecap="round"/><circle cx="385" cy="345" r="18" fill="A"/>',
    "lamp": '<path d="M310 200h180l70 190H240z" fill="F"/>'
    '<rect x="390" y="390" width="20" height="190" fill="A"/>'
    '<rect x="310" y="578" width="180" height="32" rx="16" fill="A"/>',
    "mill": '<circle cx="400" cy="225" r="46" fill="A"/>'
    '<path d="M350 280h100c20 60-20 90-20 140 0 80 50 110 50 190H320c0-80 50-110 50-190 '
    '0-50-40-80-20-140z" fill="F"/>'
    '<path d="M372 400h56" stroke="A" stroke-width="12"/>',
    "pot": '<rect x="220" y="390" width="360" height="220" rx="50" fill="F"/>'
    '<path d="M220 440h-40v50h40M580 440h40v50h-40" fill="none" stroke="F" stroke-width="22"/>'
    '<path d="M220 380q180-110 360 0z" fill="A"/><circle cx="400" cy="312" r="20" fill="A"/>',
    "textile": '<rect x="210" y="290" width="380" height="100" rx="44" fill="F"/>'
    '<rect x="210" y="400" width="380" height="100" rx="44" fill="A"/>'
    '<rect x="210" y="510" width="380" height="100" rx="44" fill="F"/>'
    '<path d="M250 340h300M250 560h300" stroke="#fff" stroke-width="6" stroke-dasharray="14 12" '
    'opacity=".6"/>',
    "vase": '<path d="M360 250h80v50c0 50 90 90 90 190 0 70-50 120-90 120h-80c-40 0-90-50-90-120 '
    '0-100 90-140 90-190z" fill="F"/>'
    '<rect x="345" y="236" width="110" height="26" rx="13" fill="A"/>'
    '<path d="M285 450q115 40 230 0" fill="none" stroke="A" stroke-width="10" opacity=".6"/>',
    "watch": '<rect x="350" y="170" width="100" height="450" rx="30" fill="A"/>'
    '<circle cx="400" cy="395" r="150" fill="F"/><circle cx="400" cy="395" r="118" fill="#fff"/>'
    '<path d="M400 395v-80M400 395l54 34" stroke="F" stroke-width="12" stroke-linecap="round"/>',
}


async def seed(settings: Settings, folder: Path) -> int:
    """Add what is missing, without touching what is there; give the number of new products."""
    _draw_images(folder)
    statement = insert(Product).values(_rows()).on_conflict_do_nothing()
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
