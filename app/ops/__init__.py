"""Running the house: embedded servers, roles, supervisor, health, metrics and logs. Import its modules, not this."""
