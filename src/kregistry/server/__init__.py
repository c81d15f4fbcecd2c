"""The REST layer above the registry: requests, patches and answers, without I/O."""
