"""The views of /api/v1/. They check permissions and input; `bots.operations` has all other rules."""
