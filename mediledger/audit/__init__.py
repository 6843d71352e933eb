"""Whether what stands on the ledger was consented to by those whom it concerns.

Peers check each write against an endorsement policy. A key that is written for the first time has only its
chaincode's, a majority: so a majority can write what one member alone may say. This reads all blocks and
finds every such write.
"""
