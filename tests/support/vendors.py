"""The stand-ins of all vendors that are asked over HTTP, for tests of more than one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from support import cloudinary_stand_in
from support import render_api_stand_in as render_stand_in
from support import sentry_api_stand_in as sentry_stand_in
from support import vercel_api_stand_in as vercel_stand_in
from support.cloudinary_wire import wrong_calls
from support.live import ANSWERS


class Vendors(NamedTuple):
    """The stand-ins of all vendors."""

    sentry: sentry_stand_in.Organization
    render: render_stand_in.Workspace
    vercel: vercel_stand_in.Team
    cloudinary: cloudinary_stand_in.StandIn

    @property
    def judged(self) -> list[Any]:
        """Return those that judge each request before they answer it."""
        return [self.sentry, self.render, self.vercel]

    @property
    def production(self) -> dict[str, str]:
        """Return the values of Vercel's variables that only production has."""
        return {
            each["key"]: each["value"]
            for each in self.vercel.variables["luma-store"]
            if each["target"] == ["production"]
        }

    @property
    def addresses(self) -> dict[str, str]:
        """Return the variables that lead a command to the stand-ins."""
        return {
            "SENTRY_BASE_URL": self.sentry.address,
            "RENDER_BASE_URL": f"{self.render.address}/v1",
            "VERCEL_BASE_URL": self.vercel.address,
        }

    @property
    def tokens(self) -> dict[str, str]:
        """Return the variables that hold what each of them accepts."""
        return {
            "SENTRY_LIVE_TOKEN": sentry_stand_in.TOKEN,
            "RENDER_API_KEY": render_stand_in.TOKEN,
            "VERCEL_TOKEN": vercel_stand_in.TOKEN,
            "CLOUDINARY_URL": self.cloudinary.url,
        }


@contextmanager
def all_vendors() -> Iterator[Vendors]:
    """Serve vendors that have nothing of a store, and expect that they only get right requests."""
    with (
        sentry_stand_in.stand_in(sentry_stand_in.descriptions()) as organization,
        render_stand_in.stand_in(render_stand_in.description()) as workspace,
        vercel_stand_in.stand_in(vercel_stand_in.descriptions()) as team,
        cloudinary_stand_in.stand_in() as images,
    ):
        organization.add_member(ANSWERS["alert_email"])
        vendors = Vendors(organization, workspace, team, images)
        yield vendors
        judged = [*(vendor.wrong for vendor in vendors.judged), wrong_calls(images)]
        assert judged == [[], [], [], []]
