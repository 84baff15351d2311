"""The plugins of this installation: their settings, archives, upgrades, and how they leave without a trace."""
