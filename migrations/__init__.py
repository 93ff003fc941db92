"""What changes in answers and paths when a store crosses a release; docs/release.md says how."""
