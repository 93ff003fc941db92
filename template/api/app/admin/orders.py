"""Orders at /admin: what to send where. Money goes back at Stripe, which says so here."""

from typing import Any

from render.api.pages import amount
from sqladmin import ModelView
from sqlalchemy import Select, func, or_, select
from starlette.requests import Request
from wtforms import BooleanField, Form

from app.orders.models import Order, Withdrawal

ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")


class OrderForm(Form):
    sent = BooleanField("Sent", render_kw={"class": "form-check-input"})


class OrderAdmin(ModelView, model=Order):
    name, name_plural, icon = "Order", "Orders", "fa-solid fa-receipt"
    can_create = can_delete = can_export = False
    form = OrderForm
    page_size = 50
    column_list = ("number", "ordered_at", "status", "sent_at", "withdrawn_at", "total_minor")
    column_details_list = (
        *("number", "status", "problem", "goods", "total_minor", "shipping_minor"),
        *("refunded_minor", "name", "address", "email", "payment_id"),
        *("ordered_at", "sent_at", "withdrawn_at"),
    )
    column_labels = {  # noqa: RUF012
        **{"number": "Number", "status": "Status", "problem": "Problem", "goods": "Goods"},
        **{"total_minor": "Total", "shipping_minor": "Delivery", "refunded_minor": "Refunded"},
        **{"name": "Name", "address": "Address", "email": "E-mail", "payment_id": "At Stripe"},
        **{"ordered_at": "Ordered", "sent_at": "Sent", "withdrawn_at": "Withdrawn from"},
    }
    column_searchable_list = ("number", "email")
    column_sortable_list = ("ordered_at", "status")
    column_default_sort = ("created_at", True)
    column_formatters = column_formatters_detail = {  # noqa: RUF012
        **{
            name: lambda order, name: (
                f"{amount(getattr(order, name), order.currency)} {order.currency}"
            )
            for name in ("total_minor", "shipping_minor", "refunded_minor")
        },
        "address": lambda order, _: ", ".join(
            part for key in ADDRESS if (part := (order.address or {}).get(key))
        ),
    }

    def list_query(self, request: Request) -> Select[Any]:  # noqa: ARG002
        """Return what somebody has ordered: an open order is a cart that may never be paid."""
        return select(Order).where(or_(Order.ordered_at.is_not(None), Order.status == "review"))

    def count_query(self, request: Request) -> Select[Any]:
        return select(func.count()).select_from(self.list_query(request).subquery())

    async def get_form_data_for_edit(self, obj: Order) -> dict[str, Any]:
        return {"sent": obj.sent_at is not None}

    async def update_model(self, request: Request, pk: Any, data: Any) -> Order:  # noqa: ARG002
        order: Order = await self.get_object_for_edit(request)
        async with request.state.sessions.begin() as session:
            kept = await session.get_one(Order, order.id, with_for_update=True)
            is_paid = kept.status in {"paid", "review"} and kept.ordered_at is not None
            if data["sent"] and not is_paid:
                raise ValueError(f"It is {kept.status}: only what is paid is sent.")
            if data["sent"] != (kept.sent_at is not None):
                kept.sent_at = func.now() if data["sent"] else None
        return order


class WithdrawalAdmin(ModelView, model=Withdrawal):
    name, name_plural, icon = "Withdrawal", "Withdrawals", "fa-solid fa-rotate-left"
    can_create = can_edit = can_delete = can_export = False
    page_size = 50
    column_list = ("received_at", "number", "name", "email")
    column_details_list = (*column_list, "statement", "order_id")
    column_default_sort = ("received_at", True)
