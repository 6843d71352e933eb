"""The chaincode side of Fabric's shim protocol, for chaincode written as coroutines."""

from chaincode.shim.creator import Creator
from chaincode.shim.errors import ChaincodeCallError, PeerError, ShimError, StreamLost
from chaincode.shim.keys import create_composite_key, split_composite_key
from chaincode.shim.limits import Limits
from chaincode.shim.policy import guarded_policy, nobody_policy, policy_msps, signature_policy
from chaincode.shim.query import KeyValue, Modification, Page, Results
from chaincode.shim.response import Chaincode, Response, failure, success
from chaincode.shim.server import ChaincodeServer, TlsFiles, serve
from chaincode.shim.stub import Stub

__all__ = [
    "Chaincode",
    "ChaincodeCallError",
    "ChaincodeServer",
    "Creator",
    "KeyValue",
    "Limits",
    "Modification",
    "Page",
    "PeerError",
    "Response",
    "Results",
    "ShimError",
    "StreamLost",
    "Stub",
    "TlsFiles",
    "create_composite_key",
    "failure",
    "guarded_policy",
    "nobody_policy",
    "policy_msps",
    "serve",
    "signature_policy",
    "split_composite_key",
    "success",
]
