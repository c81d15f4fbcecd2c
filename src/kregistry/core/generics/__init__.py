"""The built-in kinds that have no class of their own: rules, columns and sizes."""
