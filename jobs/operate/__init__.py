"""What an operator asks: what came, what became of it, where a figure comes from; and what he repairs."""
