"""The fleet: one release of the template for many stores, and what became of each."""
