"""The pipeline: from population and facts to the result tables of a run, one call each."""
