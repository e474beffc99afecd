"""VS Code: a real code-server, in a headless Chromium."""
