"""Model configurations and `mlc-chat-config.json`."""
