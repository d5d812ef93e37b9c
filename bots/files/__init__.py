"""Files that people send and answers carry."""
