"""The topics that a configuration needs, beside those that a cluster has."""
