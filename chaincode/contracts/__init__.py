"""The transaction functions of the two chaincodes, ``registry`` and ``custody``."""
