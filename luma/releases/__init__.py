"""What each release promised to the stores that came from it, and how the next one is made."""
