package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"writ/export/lockdown"
)

// mine are the roles that this one is or can become.
const mine = `WITH mine AS (SELECT * FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(r.oid, 'MEMBER')),
	relation AS (SELECT c.*, n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_t%'),
	known AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS k(schema, name, col))
`

// powers are what no grant can narrow. Each row is a sentence; of a superuser,
// who can become anything, there is one.
const powers = mine + `SELECT CASE WHEN rolname = current_user THEN 'the role ' ELSE 'the role can become one that ' END || power FROM mine,
	LATERAL (VALUES (rolsuper, 'is a superuser'), (rolbypassrls, 'passes by row-level security'), (rolcreaterole, 'makes roles'),
		(rolreplication, 'replicates the whole database'), (rolname = 'pg_read_all_data', 'reads all data'),
		(rolname = 'pg_write_all_data', 'writes all data'), (rolname = 'pg_read_server_files', 'reads the server''s files'),
		(rolname = 'pg_execute_server_program', 'runs programs on the server')) AS p(has, power)
	WHERE has AND (NOT pg_catalog.current_setting('is_superuser')::bool OR rolsuper AND rolname = current_user AND power = 'is a superuser') ORDER BY 1`

// rights are what grants give beyond the catalog. Each row is a sentence.
const rights = mine + `
SELECT format('it owns %I.%I', nspname, relname) FROM relation WHERE relowner IN (SELECT oid FROM mine)
UNION ALL
SELECT format('it reads columns of %I.%I that the catalog does not name, or that no rule could grant: ', x.nspname, x.relname)
		|| string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname)
	FROM relation x JOIN pg_catalog.pg_attribute a ON a.attrelid = x.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE NOT EXISTS (SELECT FROM known WHERE schema = x.nspname AND name = x.relname AND col = a.attname)
		AND EXISTS (SELECT FROM mine WHERE has_column_privilege(mine.oid, x.oid, a.attnum, 'SELECT') AND has_schema_privilege(mine.oid, x.relnamespace, 'USAGE'))
	GROUP BY x.nspname, x.relname
UNION ALL
SELECT format('it writes to %I.%I', nspname, relname) FROM relation x WHERE EXISTS (SELECT FROM mine
	WHERE has_schema_privilege(mine.oid, x.relnamespace, 'USAGE') AND (has_any_column_privilege(mine.oid, x.oid, 'INSERT, UPDATE')
		OR has_table_privilege(mine.oid, x.oid, 'DELETE, TRUNCATE')))
UNION ALL
SELECT format('it makes things in the schema %I', nspname) FROM pg_catalog.pg_namespace n
	WHERE nspname NOT LIKE 'pg\_%' AND EXISTS (SELECT FROM mine WHERE has_schema_privilege(mine.oid, n.oid, 'CREATE'))
UNION ALL
SELECT 'it makes schemas' WHERE EXISTS (SELECT FROM mine WHERE has_database_privilege(mine.oid, current_database(), 'CREATE'))
UNION ALL
SELECT format('it sees every row of %I.%I: no row-level security holds it to approved accounts', nspname, relname) FROM relation x
	WHERE EXISTS (SELECT FROM relation WHERE nspname = 'writ' AND relname = 'approved')
		AND EXISTS (SELECT FROM known WHERE schema = x.nspname AND name = x.relname)
		AND NOT (x.relrowsecurity AND EXISTS (SELECT FROM pg_catalog.pg_policy p JOIN mine ON mine.oid = ANY (p.polroles)
			WHERE p.polrelid = x.oid AND NOT p.polpermissive AND p.polname = 'writ_export_only' AND p.polcmd = '*'))
ORDER BY 1`

// Excess implements [lockdown.Kind]. Of a role that no grant can narrow, it says
// only that. Where the database is locked down, a table whose rows are all
// visible is told as well.
func (Kind) Excess(ctx context.Context, export lockdown.Login, tables []lockdown.Table) ([]string, error) {
	var schemas, names, columns []string
	for _, t := range tables {
		for _, c := range t.Export {
			schemas, names, columns = append(schemas, schema(t.Name)), append(names, t.Name.Name), append(columns, c)
		}
	}
	conn, err := connect(ctx, export.DSN)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, query := range []string{powers, rights} {
		rows, err := conn.Query(ctx, query, schemas, names, columns)
		if err != nil {
			return nil, failure(ctx, err)
		}
		said, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("asking for the role's rights: %w", failure(ctx, err))
		}
		if len(said) > 0 {
			return said, nil
		}
	}
	return nil, nil
}
