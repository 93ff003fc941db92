"""v0.6.0: small files joined the one that they belong to."""

REMOVED = {
    "monitoring/browser/when-interactive.ts": "monitoring/browser/index.ts has what was in it",
    "monitoring/replay/before-router.ts": "monitoring/replay/index.ts has what was in it",
    "monitoring/replay/sample.ts": "monitoring/replay/decision.ts has what was in it",
    "tools/checks/__init__.py": "it held no code, and a folder needs none",
    "tools/dev/__init__.py": "it held no code, and a folder needs none",
    "tools/dev/shop.py": "tools/dev/__main__.py has what was in it",
}
