"""The store's API and one endpoint more, which gives the catalogue's bytes without looking them up.

Loaded by the store's own server, from where `app` is importable.
"""

import os
from pathlib import Path

from app.main import app  # type: ignore[import-not-found]
from fastapi import Response

BODY = Path(os.environ["BARE_BODY"])
body = BODY.read_bytes() if BODY.exists() else b""


@app.get("/bare")  # type: ignore[untyped-decorator]
async def bare() -> Response:
    return Response(body, media_type="application/json")
