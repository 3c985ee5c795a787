"""From files to documents: YAML and JSON with places, and the rules, scrape jobs and boards in them."""
