"""The ``mediledger`` command and what it wires together: the system's plan, its supervisor, the demo."""
