"""Everything that can happen to a site at once, by a seed, and the account of it."""
