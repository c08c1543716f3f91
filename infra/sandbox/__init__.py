"""Sandbox: invented source systems (statistics, certificate notices) to pull from.

Nothing here is imported by the pipeline; see README.md for the rules the truth follows.
"""
