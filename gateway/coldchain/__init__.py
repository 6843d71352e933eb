"""The cold chain: readings, their anchors on the ledger, excursions, quarantine."""
