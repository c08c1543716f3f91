"""The figures the pipeline should publish at a business clock.

`python -m infra.sandbox.truth.expected --truth DIR --clock ISO --out FILE`

An implementation of its own, in pandas on the clean panel; it shares no code with the pipeline.
"""

from infra.sandbox.truth.expected.figures import expected

__all__ = ["expected"]
