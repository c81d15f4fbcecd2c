"""The log of changes that backends keep for those who watch, and who waits at its end."""
