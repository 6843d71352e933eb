"""The demo: a pack's way from the factory to a patient, told through the public REST API and MQTT alone."""
