"""What the names of a notebook mean: dependencies, order, staleness and plans. Pure."""
