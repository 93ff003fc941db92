"""Stores of earlier releases that have taken the working tree, run as their teams run them."""
