"""Pages and the REST interface: parse, authorise, call a service or a query, render."""
