"""What every feature of the gateway stands on: settings, database, ledger, problems, tokens, submissions."""
