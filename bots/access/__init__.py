"""Who of the team may do what with which bot."""
