"""Lots of products."""
