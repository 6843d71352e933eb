"""What all mean by the words: GS1 keys, ledger documents, codes, canonical JSON, Merkle trees. No I/O."""
