"""Real Hyperledger Fabric: its nodes' settings, processes and channel."""
