"""The consortium's settings, and the proposals and votes that change them."""
