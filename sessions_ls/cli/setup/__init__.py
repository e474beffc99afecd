"""Setting editors up: what `sessions editor` and `sessions NOTEBOOK` share."""
