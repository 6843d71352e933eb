"""The consortium's network: topology, identities, Fabric processes, the embedded devnet, deployment."""
