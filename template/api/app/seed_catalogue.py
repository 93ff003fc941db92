"""The products of the seed, newest first."""

import re
from dataclasses import dataclass


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
