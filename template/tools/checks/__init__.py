"""Rules that vendors' schemas leave out and production enforces, checked before a push."""
