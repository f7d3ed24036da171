"""From bytes to a plan: document (values with places), schema, model, load."""
