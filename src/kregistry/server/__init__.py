"""The REST layer: what a Kubernetes API server says over HTTP, first of all without HTTP."""
