"""The invented enterprises: where they are, what certificates they hold, what their books say."""
