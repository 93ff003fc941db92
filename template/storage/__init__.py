"""Keeps the Cloudinary account as storage/cloudinary.yml says."""
