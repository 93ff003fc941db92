"""v0.2.0: session replay became code."""

REMOVED = {
    "monitoring/replay.yml": "described what monitoring/replay does now; nothing read it",
}
