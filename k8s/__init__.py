"""The exchange on Kubernetes: its custom resource, and the manifests that follow from a topology."""
