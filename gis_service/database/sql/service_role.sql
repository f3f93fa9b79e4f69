-- The role gis_app: what the running service needs, and no right to change or empty its records.
-- In:  nothing; to be run by the owner of the tables, who may make roles; may be run again, and is after migrations.
-- Out: the role (no login of its own) and its rights, also to tables that the owner makes later.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gis_app') THEN
        CREATE ROLE gis_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA public TO gis_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO gis_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO gis_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO gis_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO gis_app;
REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_event, audit_seal FROM gis_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON alembic_version FROM gis_app;
