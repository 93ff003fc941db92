# Your own targets. No update touches this file. `make` lists the targets that have a text after ##.
# Indent recipes with a tab. They run at the repository's root; $(VENV) holds the installed tools.
#
#.PHONY: report
#report: | $(VENV)/python ## Print last week's orders
#	$(VENV)/python -m reports.orders
