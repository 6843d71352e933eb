"""The sensor bridge: MQTT in, checked, stored before it is acknowledged, anchored on the ledger, alerted."""
