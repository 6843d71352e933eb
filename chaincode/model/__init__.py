"""What all mean by the words: identifiers, ledger documents, keys, codes, canonical JSON, Merkle trees. No I/O."""
