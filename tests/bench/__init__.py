"""Measurements of the template; none of them is a test."""
