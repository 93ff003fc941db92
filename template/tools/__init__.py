"""The template's tools: tested there, and replaced by its updates. Edit the `own` files instead."""
