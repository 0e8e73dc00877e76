"""The log on Apache Pulsar: one partitioned topic for each of the exchange's, one message for each frame."""
