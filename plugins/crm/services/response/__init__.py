"""Answers that leads wait for: until when, whether they came in time, and who is told before it is too late."""
