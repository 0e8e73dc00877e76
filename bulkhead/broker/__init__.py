"""Gets, starts and stops Pulsar servers on this machine: for development and tests, no Ray, no client."""
