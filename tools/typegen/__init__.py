"""Makes the classes of the built-in kinds out of the data in ``tools/types``."""
