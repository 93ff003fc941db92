"""Where the store delivers to, what that costs, and how long it takes: change it here."""

from app.orders.schemas import Destination

# That of the products' prices. Stripe counts most currencies in the unit of ISO 4217; look at
# https://docs.stripe.com/currencies#special-cases before you choose one of the others.
CURRENCY = "EUR"

# The rate in the currency's smallest unit, tax included; business days, at least and at most.
_ZONES = (
    (490, (1, 3), "DE"),
    (990, (2, 5), "AT BE CZ DK FR LU NL PL"),
    (1490, (4, 8), "BG CY EE ES FI GR HR HU IE IT LT LV MT PT RO SE SI SK"),
)

DESTINATIONS = {
    country: Destination(country=country, rate_minor=rate, days_min=days[0], days_max=days[1])
    for rate, days, countries in _ZONES
    for country in countries.split()
}
