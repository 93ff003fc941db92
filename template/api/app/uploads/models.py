from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Now


class WebhookDelivery(Base):
    """A notification that was taken: in PostgreSQL, because a cache may forget it early."""

    __tablename__ = "webhook_deliveries"

    signature: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[Now] = mapped_column(index=True)
