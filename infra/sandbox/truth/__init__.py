"""What a pipeline must find: the clean panel, and the figures counted from it another way."""
