"""The parts of HTTP/2 that one bidirectional gRPC method needs: frames and header blocks.

The stream between a peer and a chaincode server carries every question of every transaction. Both ends of it
that are written here, the shim's server and devnet's client, read and write frames themselves, since in
grpc.aio a message costs ten times as much. ``unix_socket`` is where both ends meet on one machine.
"""
