"""Where the figures come from: sessions-ls and its rivals, measured side by side on one machine."""
