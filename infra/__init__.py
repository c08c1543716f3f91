"""Everything around the jobs: services of the embedded default, sandbox, locks."""
