"""How a list is read: what is asked for, what need not be decoded, and what becomes of the rest."""
