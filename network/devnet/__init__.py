"""The embedded ledger: one process that plays every member's peer and the ordering service.

For a laptop, a demo and the tests; never for production. It speaks Fabric's own protocols with Fabric's own
messages, so that clients and chaincode cannot tell it from a network of peers:

- a proposal comes in at ``gateway`` (or ``peer_service``), is taken apart and checked by ``proposal``, and
  run by each ``endorser`` that ``endorsement`` chooses among the ``candidates``; ``connection`` carries it
  to the member's chaincode server, whose ``requests`` are answered from a ``simulation`` over one
  ``snapshot``;
- the signed envelope goes to the ``orderer``, which cuts blocks; ``chain`` has them judged by ``validator``
  (``transaction``, ``keylevel``, ``mvcc``) and written by ``store``, whole or not at all;
- what is ``private`` waits in ``transient`` for its block; ``private_block`` says who keeps it, what expires
  and what is purged, ``private_store`` keeps it, ``scrub`` leaves nothing of what was purged;
- ``deliver`` and the gateway's events tell of it;
- whoever runs it puts its ``clock`` forward and switches ``faults`` at the ``control`` socket, and has what
  it keeps held against its own blocks by ``verify``; ``standalone`` is for others' chaincode.

Each channel has its own ``chain`` and ``orderer``; a member's peer, a ``site``, takes part in those of its
organisation. Who somebody is, ``msp`` and ``authorities`` say, out of the certificates in the channel's
``config``; what they may, its ``channel_policies`` and ``access``. ``system`` answers what a peer is asked of
itself.

What is refused is refused with a peer's own codes and words (``messages``, ``errors``), which are held
against real Fabric by tests/integration/wire. Two differences are meant: where endorsers differ, the first
differing key is named; and a channel's configuration is not updated.
"""
