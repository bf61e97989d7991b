package postgres

import (
	"context"
	"fmt"
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5/pgconn"

	"writ/export/catalog"
	"writ/export/source"
)

// A snapshot is one transaction.
type snapshot struct {
	conn   *pgconn.PgConn
	tables map[string]shape // by quoted name
	free   bool             // to scan as the planner would
}

// Where an index finds an account, its records come through an index, by one
// process, and in the index's order where that is the records'. The planner
// would rather read an account that has much of a table in the table's order, and
// sort: then the first record waits for the last, and evidence lies in the
// server's temporary files. Where there is no such index, it may: the order of
// another one would be the order in which the whole table is read.
const (
	byIndex = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL max_parallel_workers_per_gather = 0"
	freely  = "SET LOCAL enable_seqscan TO DEFAULT; SET LOCAL enable_bitmapscan TO DEFAULT; SET LOCAL max_parallel_workers_per_gather TO DEFAULT"
)

// scan gets the planner ready for a query that selects by c.
func (x *snapshot) scan(ctx context.Context, c column) error {
	if x.free == !c.indexed {
		return nil
	}
	x.free = !x.free
	settings := byIndex
	if x.free {
		settings = freely
	}
	if _, err := x.conn.Exec(ctx, settings).ReadAll(); err != nil {
		return failure(ctx, err)
	}
	return nil
}

// Close implements [source.Snapshot].
func (x *snapshot) Close() error { return closeConn(x.conn) } // which ends the transaction

// run compiles q and starts it. The server chose the parameters' types by the
// columns that they are compared with; it is sent text and reads it as those.
func (x *snapshot) run(ctx context.Context, q query, format int16) (*pgconn.ResultReader, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s, err := x.conn.Prepare(ctx, "", q.sql, nil)
	if err != nil {
		return nil, compileFailure(ctx, err)
	}
	return x.conn.ExecStatement(ctx, s, q.args, nil, []int16{format}), nil
}

// ask is [snapshot.run] for an answer of a few rows: it is compiled, run and
// read in one exchange with the server.
func (x *snapshot) ask(ctx context.Context, q query) ([][][]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	p := x.conn.StartPipeline(ctx)
	defer p.Close()
	p.SendPrepare("", q.sql, nil)
	p.SendQueryPrepared("", q.args, nil, nil)
	if err := p.Sync(); err != nil {
		return nil, failure(ctx, err)
	}
	if _, err := p.GetResults(); err != nil {
		return nil, compileFailure(ctx, err)
	}
	got, err := p.GetResults()
	if err != nil {
		return nil, failure(ctx, err)
	}
	rows, ok := got.(*pgconn.ResultReader)
	if !ok {
		return nil, fmt.Errorf("%w: the server answers with a %T", source.ErrUnavailable, got)
	}
	all := rows.Read()
	if all.Err != nil {
		return nil, failure(ctx, all.Err)
	}
	return all.Rows, nil
}

// Find implements [source.Snapshot].
func (x *snapshot) Find(ctx context.Context, l source.Lookup, limit int) ([]source.Account, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	found, err := x.find(ctx, l, limit)
	if err != nil {
		return nil, fmt.Errorf("identifier %s: %w", l.Identifier.Type, err)
	}
	return found, nil
}

func (x *snapshot) find(ctx context.Context, l source.Lookup, limit int) ([]source.Account, error) {
	ids, err := x.shape(ctx, l.Identifier.Table)
	if err != nil {
		return nil, err
	}
	var accounts shape
	if l.Joined() {
		if accounts, err = x.shape(ctx, l.Account.Table); err != nil {
			return nil, err
		}
	}
	q, err := find(l, limit, ids, accounts)
	if err != nil {
		return nil, err
	}
	if err := x.scan(ctx, ids[l.Identifier.Column]); err != nil {
		return nil, err
	}
	rows, err := x.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	var found []source.Account
	orphan := false
	for _, v := range rows {
		found = append(found, source.Account{Key: string(v[0]), Tenant: string(v[1])})
		orphan = orphan || string(v[2]) != "t"
	}
	if orphan {
		return nil, fmt.Errorf("%w: it names an account that the table of %s does not have, so its tenant is not known", source.ErrValue, l.Account.Name)
	}
	return found, nil
}

// query checks r against the table.
func (x *snapshot) query(ctx context.Context, r source.Read) (query, shape, error) {
	if err := r.Check(); err != nil {
		return query{}, nil, err
	}
	s, err := x.shape(ctx, r.Table)
	if err != nil {
		return query{}, nil, fmt.Errorf("dataset %s: %w", r.Dataset, err)
	}
	q, err := pull(r, s)
	if err == nil {
		err = x.scan(ctx, s[r.AccountKey])
	}
	if err != nil {
		return query{}, nil, fmt.Errorf("dataset %s: %w", r.Dataset, err)
	}
	return q, s, nil
}

// Describe implements [source.Snapshot].
func (x *snapshot) Describe(ctx context.Context, r source.Read) (string, error) {
	q, _, err := x.query(ctx, r)
	return q.sql, err
}

// Estimate implements [source.Snapshot]. It is the planner's.
func (x *snapshot) Estimate(ctx context.Context, r source.Read) (int64, error) {
	q, _, err := x.query(ctx, r)
	if err != nil {
		return 0, err
	}
	q.sql = "EXPLAIN (FORMAT JSON) " + q.sql
	rows, err := x.ask(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("dataset %s: %w", r.Dataset, err)
	}
	var out []byte
	for _, v := range rows {
		out = append(append(out, v[0]...), '\n')
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal(out, &plans); err != nil || len(plans) != 1 {
		return 0, fmt.Errorf("%w: dataset %s: the server's plan can't be read", source.ErrUnavailable, r.Dataset)
	}
	return int64(plans[0].Plan.Rows), nil
}

// Pull implements [source.Snapshot]. A consumer that stops early ends the
// connection, and the snapshot with it: the rest of the rows is not waited for.
func (x *snapshot) Pull(ctx context.Context, r source.Read, p *source.Pool) iter.Seq2[*source.Batch, error] {
	return func(yield func(*source.Batch, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		q, s, err := x.query(ctx, r)
		if err != nil {
			yield(nil, err)
			return
		}
		columns, err := source.Columns(r, func(f catalog.Field) (source.Encoder, error) { return encoder(f, s[f.Column]) })
		if err != nil {
			yield(nil, err)
			return
		}
		rows, err := x.run(ctx, q, 1)
		if err != nil {
			yield(nil, fmt.Errorf("dataset %s: %w", r.Dataset, err))
			return
		}
		stop := func() { cancel(); rows.Close() }
		var b *source.Batch
		for rows.NextRow() {
			if b == nil {
				if b, err = p.Get(ctx, columns); err != nil {
					stop()
					yield(nil, err)
					return
				}
			}
			for _, v := range rows.Values() {
				b.Add(v)
			}
			if b.EndRecord() {
				full := b
				b = nil
				if !yield(full, nil) {
					stop()
					return
				}
			}
		}
		switch _, err := rows.Close(); {
		case err != nil:
			if b != nil {
				b.Release()
			}
			yield(nil, fmt.Errorf("dataset %s: %w", r.Dataset, failure(ctx, err)))
		case b != nil:
			yield(b, nil)
		}
	}
}
