"""The chaincode: its model, its rules, its transaction functions, and the shim that serves them."""
