"""The proof that grids tile their ground, and the findings when they do not."""
