"""Use cases: one public function, one transaction, one commit. Only here do engine, handlers and store
meet."""
