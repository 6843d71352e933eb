"""Containers: packing and unpacking."""
