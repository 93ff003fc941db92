"""Synchronizes the Cloudinary account with storage/cloudinary.yml."""
