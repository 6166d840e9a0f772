"""Alembic's entry: migrates the engine that services/database.py hands over."""

from alembic import context

from orchestrator.store import models, search
from orchestrator.store.base import Base

assert models


def run() -> None:
    engine = context.config.attributes["engine"].execution_options(gridflow_writing=True)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            include_object=search.is_ours,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.in_transaction():
            connection.commit()


run()
