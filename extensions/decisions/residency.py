"""Where a store's data lies, and what no vendor guarantees."""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import Region


@dataclass(frozen=True)
class ResidencyRow:
    """One kind of data: where it is kept and whether the vendor guarantees the place."""

    data: str
    vendor: str
    place: str
    guaranteed: bool
    note: str


def residency_of(region: Region, *, replay: bool) -> tuple[ResidencyRow, ...]:
    """List every kind of data that leaves the customer's browser."""
    render_place = f"{region.place}, {region.country}"
    rows = [
        ResidencyRow(
            "Products, carts, customers",
            "Render PostgreSQL",
            render_place,
            True,
            "closed to the internet",
        ),
        ResidencyRow(
            "Cached catalogue", "Render Key Value", render_place, True, "no customer data"
        ),
        ResidencyRow(
            "Requests while they are answered",
            "Vercel Functions",
            f"{region.vercel_place} ({region.vercel})",
            True,
            "Vercel keeps their logs for up to a day",
        ),
        ResidencyRow(
            "Pages cached for visitors, requests passing through",
            "Vercel CDN",
            "near each visitor, worldwide",
            False,
            "public pages only; private ones are sent with no-store",
        ),
        ResidencyRow(
            "Product images",
            "Cloudinary",
            "United States unless your contract says otherwise",
            False,
            "EU or Asia-Pacific storage is an Enterprise option",
        ),
        ResidencyRow(
            "Errors and traces",
            "Sentry",
            region.sentry_place,
            True,
            "uptime checks and some metadata may be kept elsewhere",
        ),
    ]
    if replay:
        rows.append(
            ResidencyRow(
                "Session replays, after consent",
                "LogRocket",
                "not stated by the vendor",
                False,
                "ask for a data processing agreement before you switch it on in the EU",
            )
        )
    return tuple(rows)
