"""A session at Stripe: what it is asked for, and what Stripe says of it, without its SDK."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from app.orders.models import Order
from app.orders.schemas import Destination

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

# Stripe takes 30 minutes at least, by its own clock.
SESSION_SECONDS = 35 * 60


@dataclass(frozen=True)
class Seen:
    """What Stripe says of an order."""

    session_id: str
    url: str | None
    outcome: Literal["open", "pending", "paid", "expired"]
    reference: str | None
    total_minor: int | None
    currency: str | None
    livemode: bool
    payment_id: str | None
    refunded_minor: int
    email: str | None
    name: str | None
    address: dict[str, Any] | None


def session_request(order: Order, destination: Destination, origin: str) -> "SessionCreateParams":
    """Return what Stripe is asked to create for an order."""
    currency, reference = order.currency.lower(), {"order": order.id.hex}
    return {
        "mode": "payment",
        "client_reference_id": order.id.hex,
        "metadata": reference,
        # Stripe copies them to the charge; the description is on the customer's receipt.
        "payment_intent_data": {"metadata": reference, "description": f"Order {order.number}"},
        "line_items": [
            {
                "quantity": item.quantity,
                "price_data": {
                    "currency": currency,
                    "unit_amount": item.price_minor,
                    "product_data": {"name": item.name},
                    "tax_behavior": "inclusive",
                },
            }
            for item in order.items
        ],
        # What the store charges is what the customer has seen.
        "adaptive_pricing": {"enabled": False},
        "shipping_address_collection": {"allowed_countries": [order.country]},
        "shipping_options": [
            {
                "shipping_rate_data": {
                    "type": "fixed_amount",
                    "display_name": "Delivery",
                    "fixed_amount": {"amount": order.shipping_minor, "currency": currency},
                    "tax_behavior": "inclusive",
                    "delivery_estimate": {
                        "minimum": {"unit": "business_day", "value": destination.days_min},
                        "maximum": {"unit": "business_day", "value": destination.days_max},
                    },
                }
            }
        ],
        "success_url": f"{origin}/orders/{order.number}",
        "cancel_url": f"{origin}/cart?checkout=cancelled",
        "expires_at": int(time.time()) + SESSION_SECONDS,
    }
