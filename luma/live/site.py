"""The storefront's public address, which several vendors need."""

from __future__ import annotations

from tools.repository import Repository

from luma.live.engine import After, Known, Step

SITE = "NEXT_PUBLIC_SITE_URL"
STOREFRONT_ORIGIN = "STOREFRONT_ORIGIN"


def site(repository: Repository, known: Known) -> str:
    """Return the address without a slash at its end; empty where nobody knows it yet."""
    source = repository.contract.variables[SITE].production.get("vercel")
    declared = source.detail if source and source.kind == "value" else ""
    return (declared or known.value(SITE)).rstrip("/")


def at_address(address: str) -> dict[str, str]:
    """Return the variables that hold the address."""
    return {SITE: address, STOREFRONT_ORIGIN: address}


def wait_for_site(repository: Repository, known: Known) -> Step | After | None:
    """Return what has to be done before the address is known; None where it is."""
    if site(repository, known):
        return None
    text = f"Once Vercel has given the storefront an address, set {SITE} to it here:"
    return known.waits_for(SITE) or Step(text, "https://vercel.com/dashboard")
