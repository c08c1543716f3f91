"""Warnings about single enterprises, and the ladder on which warnings and tickets are handed up."""
