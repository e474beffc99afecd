"""What is kept of a notebook's runs, and the session file it is kept in."""
