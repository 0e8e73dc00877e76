"""What the API server is told of an Exchange's form, from the topology's models and rules."""
