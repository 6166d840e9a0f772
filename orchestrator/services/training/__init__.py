"""Training of grid members: courses, sign-in with a code, examinations, hours of the year."""
