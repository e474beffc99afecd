"""The live session of a notebook: requests in, events out."""
