"""What runs on Render."""
