"""What `tail` does: which records it reads, which of them it shows, and how each looks."""
