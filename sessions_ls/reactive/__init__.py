"""What the names of a notebook mean: definitions, dependencies, order, staleness and plans. Pure."""
