"""Products at /admin: what is saved there goes the way of the API's own endpoints."""

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from fastapi import BackgroundTasks, HTTPException
from markupsafe import Markup
from pydantic import ValidationError
from render.api.pages import amount, digits
from sqladmin import ModelView, expose
from sqladmin.editors import FieldMedia
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from wtforms import BooleanField, DecimalField, Form, IntegerField, StringField, TextAreaField
from wtforms.meta import DefaultMeta
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from app.products.endpoints import Publish, create_product, replace_product
from app.products.models import Product
from app.products.schemas import Dimensions, NewProduct, ProductChange
from app.uploads.endpoints import sign_upload

SIZES = tuple(Dimensions.model_fields)
AS_THEY_ARE = ("slug", "name", "description", "currency", "category", "stock", "active")
# One of the storefront's widths, each of which is billed.
WIDTH = 320


class PicturesField(TextAreaField):
    media = FieldMedia(js=["/admin/own/pictures.js"])


class ProductForm(Form):
    class Meta(DefaultMeta):
        def render_field(self, field: Any, render_kw: dict[str, Any]) -> Any:
            kind = "form-check-input" if isinstance(field, BooleanField) else "form-control"
            return super().render_field(field, {"class": kind, **render_kw})

    slug = StringField(
        "Slug",
        [InputRequired()],
        description="Its address, which it keeps: small letters, digits and hyphens",
    )
    name = StringField("Name", [InputRequired()])
    description = TextAreaField("Description", render_kw={"rows": 5})
    price = DecimalField("Price", [InputRequired()], places=None)
    currency = StringField("Currency", [InputRequired()], description="As EUR; it keeps it")
    category = StringField("Category")
    materials = StringField("Materials", description="With commas between them")
    width, depth, height, diameter, weight = (
        IntegerField(f"{name.title()}, {'g' if name == 'weight' else 'mm'}", [Optional()])
        for name in SIZES
    )
    stock = IntegerField("Stock", [Optional()], description="Empty: nobody counts")
    stock_shown = IntegerField(validators=[Optional()], widget=HiddenInput())
    active = BooleanField("For sale", default=True)
    pictures = PicturesField(
        "Pictures",
        description="In each line a name, a space and what it shows",
        id="pictures",
        render_kw={"rows": 5},
    )

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        try:
            NewProduct.model_validate(_values(self.data))
        except ValidationError as error:
            for each in error.errors():
                names = ["price" if name == "price_minor" else name for name in each["loc"]]
                field = self[next((name for name in names if name in self), "pictures")]
                is_fraction = each["type"] == "int_from_float"
                text = "It has too many decimal places" if is_fraction else each["msg"]
                field.errors = [*field.errors, text]
            return False
        return True


class ProductAdmin(ModelView, model=Product):
    name, name_plural, icon = "Product", "Products", "fa-solid fa-box"
    can_delete = can_export = can_view_details = False
    form = ProductForm
    page_size = 50
    column_list = ("image", "name", "price_minor", "stock", "active")
    column_labels = {  # noqa: RUF012
        **{"image": "Picture", "name": "Name", "price_minor": "Price"},
        **{"stock": "Stock", "active": "For sale"},
    }
    column_searchable_list = ("name", "slug")
    column_sortable_list = ("name", "price_minor", "stock", "active")
    column_default_sort = ("created_at", True)
    column_formatters = {  # noqa: RUF012
        "image": lambda product, _: _picture(product),
        "price_minor": lambda product, _: f"{_price(product)} {product.currency}",
    }

    async def get_form_data_for_edit(self, obj: Product) -> dict[str, Any]:
        first = [{"image": obj.image, "alt": obj.image_alt}] if obj.image else []
        return {
            **{name: getattr(obj, name) for name in AS_THEY_ARE},
            **(obj.dimensions or {}),
            "price": _price(obj),
            "materials": ", ".join(obj.materials),
            "stock_shown": obj.stock,
            "pictures": "\n".join(f"{one['image']} {one['alt']}" for one in first + obj.gallery),
        }

    async def insert_model(self, request: Request, data: dict[str, Any]) -> Product:
        new, state = NewProduct.model_validate(_values(data)), request.state
        background = BackgroundTasks()
        publish = Publish(background, state.catalogue, state.storefront)
        made = await create_product(new, Response(), state.sessions, publish)
        await background()
        return Product(id=made.id)

    async def update_model(self, request: Request, pk: Any, data: Any) -> Product:  # noqa: ARG002
        product: Product = await self.get_object_for_edit(request)
        values, state = _values(data), request.state
        if values["slug"] != product.slug:
            raise HTTPException(409, "A product keeps its slug: create another product.")
        # Some may have been sold since the form was shown.
        if data["stock"] == data["stock_shown"]:
            del values["stock"]
        elif data["stock_shown"] != product.stock:
            raise HTTPException(409, f"There are {product.stock} by now: open the form again.")
        change = ProductChange.model_validate(values)
        background = BackgroundTasks()
        publish = Publish(background, state.catalogue, state.storefront)
        await replace_product(product.slug, change, state.sessions, publish)
        await background()
        return product

    @expose("/sign", methods=["POST"])
    async def sign(self, request: Request) -> Response:
        try:
            return JSONResponse((await sign_upload(request.state.settings)).model_dump())
        except HTTPException as error:
            return PlainTextResponse(error.detail, error.status_code)

    @expose("/picture")
    async def picture(self, request: Request) -> Response:
        name, settings = request.query_params.get("name", ""), request.state.settings
        if name.startswith("/"):
            return RedirectResponse(f"{settings.storefront_origin}{quote(name)}")
        cloud = settings.cloudinary.cloud if settings.cloudinary else ""
        base = f"https://res.cloudinary.com/{cloud}/image/upload/c_limit,w_{WIDTH}/f_auto/q_auto"
        return RedirectResponse(f"{base}/{quote(name)}")


def _values(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a form says as the API takes it."""
    lines = [line.strip().partition(" ") for line in data["pictures"].splitlines() if line.strip()]
    pictures = [{"image": name, "alt": alt.strip()} for name, _, alt in lines]
    first, *others = pictures or [{}]
    materials = [name.strip() for name in data["materials"].split(",")]
    return {
        **{name: data[name] for name in AS_THEY_ARE},
        "category": data["category"] or None,
        "price_minor": data["price"].scaleb(digits(data["currency"])),
        "materials": [name for name in materials if name],
        "dimensions": {name: data[name] for name in SIZES if data[name] is not None} or None,
        "image": first.get("image"),
        "image_alt": first.get("alt", ""),
        "gallery": others,
    }


def _price(product: Product) -> Decimal:
    return amount(product.price_minor, product.currency)


def _picture(product: Product) -> Markup:
    if not product.image:
        return Markup()
    address = f"/admin/product/picture?name={quote(product.image)}"
    return Markup('<img src="{}" alt="" width="48" loading="lazy">').format(address)
