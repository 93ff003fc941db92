"""Going live: compare what a store declares with what the vendors have, and write the rest."""
