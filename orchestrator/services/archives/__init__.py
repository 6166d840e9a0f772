"""归档: ended process instances leave as packages that can be checked without this installation."""
