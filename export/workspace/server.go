package workspace

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"writ/export/catalog"
	"writ/export/lockdown"
	mylock "writ/export/lockdown/mysql"
	pglock "writ/export/lockdown/postgres"
	"writ/export/source"
	"writ/export/source/mysql"
	"writ/export/source/postgres"
)

// A Server is a kind of database server that a store can be on.
type Server struct {
	Name     string
	Lockdown lockdown.Kind

	// Open opens a store with a connection string of somebody's own.
	Open func(ctx context.Context, dsn string) (source.Store, error)
}

var (
	onPostgres = &Server{"PostgreSQL", pglock.Kind{}, func(ctx context.Context, dsn string) (source.Store, error) { return postgres.Open(ctx, dsn) }}
	onMySQL    = &Server{"MySQL", mylock.Kind{}, func(ctx context.Context, dsn string) (source.Store, error) { return mysql.Open(ctx, dsn) }}
)

// server is the kind of server that the store is on, or nil for a file.
func (c StoreConfig) server() *Server {
	switch {
	case c.PostgresEnv != "" || c.PostgresFile != "":
		return onPostgres
	case c.MySQLEnv != "" || c.MySQLFile != "":
		return onMySQL
	}
	return nil
}

// Server returns the kind of server that a store is on, or nil for a file.
func (w *Workspace) Server(name catalog.StoreName) (*Server, error) {
	c, ok := w.Config.Stores[name]
	if !ok {
		return nil, fmt.Errorf("%w: %s: no store %q", ErrConfig, ConfigFile, name)
	}
	return c.server(), nil
}

// Login returns the workspace's own connection to a store on a server.
func (w *Workspace) Login(name catalog.StoreName) (lockdown.Login, error) {
	c := w.Config.Stores[name]
	if file := cmp.Or(c.PostgresFile, c.MySQLFile); file != "" {
		b, err := w.read(file, maxConfigBytes)
		if err != nil {
			return lockdown.Login{}, fmt.Errorf("%w: store %q: %w", ErrConfig, name, err)
		}
		return lockdown.Login{Store: name, DSN: strings.TrimSpace(string(b))}, nil
	}
	variable := cmp.Or(c.PostgresEnv, c.MySQLEnv)
	dsn := w.getenv(variable)
	if dsn == "" {
		return lockdown.Login{}, fmt.Errorf("%w: store %q: the environment variable %s is empty; set it to the connection string", ErrConfig, name, variable)
	}
	return lockdown.Login{Store: name, DSN: dsn}, nil
}
