"""Text to cells and back: lines, markers, metadata, identity. Pure; imports nothing of ours."""
