"""form-js JSON to validation and HTML. Knows neither Flask nor the domain."""
