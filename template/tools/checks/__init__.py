"""What the vendors' schemas accept and production refuses, checked before a push."""
