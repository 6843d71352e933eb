"""Certificates, keys and MSP folders of every member, made by certificate authorities of their own."""

from network.identities.store import Identities

__all__ = ["Identities"]
