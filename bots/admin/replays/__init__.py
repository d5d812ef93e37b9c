"""The pages of replays and of sets of saved questions."""
