# Your own targets: `make` lists those with a text behind ##, and no update touches this file.
# Recipes run at the repository's root, behind a tab; $(VENV) holds the installed tools.
#
#.PHONY: report
#report: | $(VENV)/python ## Print last week's orders
#	$(VENV)/python -m reports.orders
