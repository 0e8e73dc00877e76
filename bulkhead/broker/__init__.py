"""Gets, starts and stops Pulsar and Redis servers on this machine: for development and tests, no Ray."""
