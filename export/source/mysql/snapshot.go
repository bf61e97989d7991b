package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"unicode/utf8"

	"writ/export/catalog"
	"writ/export/internal/mysqlconn"
	"writ/export/source"
)

// A snapshot is one transaction.
type snapshot struct {
	conn   *mysqlconn.Conn
	tables map[string]shape // by quoted name
}

// Close implements [source.Snapshot].
func (x *snapshot) Close() error { return x.conn.Close() } // which ends the transaction

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
	q, err := find(l, limit, ids)
	if err != nil {
		return nil, err
	}
	wrong, err := unheld(l, ids)
	if err != nil {
		return nil, err
	}
	if unknown, err := x.any(ctx, wrong); err != nil {
		return nil, err
	} else if unknown {
		return nil, fmt.Errorf("%w: a month or day is zero, so it can't be said who held it when", source.ErrValue)
	}
	rows, err := x.conn.Texts(ctx, q.sql, q.args...)
	if err != nil {
		return nil, err
	}
	var found []source.Account
	for _, r := range rows {
		if !utf8.ValidString(r[0]) || !utf8.ValidString(r[1]) {
			return nil, fmt.Errorf("%w: an account's key or tenant is not text", source.ErrValue)
		}
		if !l.Joined() {
			found = append(found, source.Account{Key: r[0], Tenant: r[1]})
			continue
		}
		of, err := x.tenants(ctx, l.Account, r[0], limit)
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	return found[:min(len(found), limit+1)], nil
}

// tenants returns an account with each of its tenants. It asks by the key
// instead of joining the tables, whose columns may be of different types or
// collations: the server would guess.
func (x *snapshot) tenants(ctx context.Context, a catalog.Account, key string, limit int) ([]source.Account, error) {
	s, err := x.shape(ctx, a.Table)
	if err != nil {
		return nil, err
	}
	q, err := tenants(a, key, limit, s)
	if err != nil {
		return nil, err
	}
	rows, err := x.conn.Texts(ctx, q.sql, q.args...)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%w: it names an account that the table of %s does not have, so its tenant is not known", source.ErrValue, a.Name)
	}
	var found []source.Account
	for _, r := range rows {
		found = append(found, source.Account{Key: key, Tenant: r[0]})
	}
	return found, nil
}

// any reports whether q has a row. An empty query has none.
func (x *snapshot) any(ctx context.Context, q query) (bool, error) {
	if q.sql == "" {
		return false, nil
	}
	rows, err := x.conn.Texts(ctx, q.sql, q.args...)
	return len(rows) > 0, err
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

// Estimate implements [source.Snapshot]. It is the planner's; a view of tables
// that the account has no right on is counted, since the server explains none.
func (x *snapshot) Estimate(ctx context.Context, r source.Read) (int64, error) {
	q, s, err := x.query(ctx, r)
	if err != nil {
		return 0, err
	}
	n, err := x.number(ctx, query{sql: "EXPLAIN " + q.sql, args: q.args}, "rows")
	if code, ok := errors.AsType[mysqlconn.Code](err); ok && code == mysqlconn.ViewRight {
		if q, err = count(r, s); err == nil {
			n, err = x.number(ctx, q, "COUNT(*)")
		}
	}
	if err != nil {
		return 0, fmt.Errorf("dataset %s: %w", r.Dataset, err)
	}
	return n, nil
}

// number returns what stands in a column of the first row; nothing and NULL are 0.
func (x *snapshot) number(ctx context.Context, q query, name string) (int64, error) {
	rows, err := x.conn.Query(ctx, q.sql, q.args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	row, err := rows.Next(ctx)
	if err != nil || row == nil {
		return 0, err
	}
	v := ""
	if i := slices.Index(rows.Columns(), name); i >= 0 {
		if v = mysqlconn.Text(row[i]); row[i] == nil {
			return 0, nil
		}
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: the server's plan can't be read", source.ErrUnavailable)
	}
	return n, nil
}

// errZero never holds the time itself.
var errZero = errors.New("the month or day of a time is zero, so it can't be said whether the record is in the window")

// placed refuses accounts with a time that the window passes over although it
// could be in it.
func (x *snapshot) placed(ctx context.Context, r source.Read, s shape) error {
	for _, t := range []catalog.TimeColumn{r.Time, r.Until} {
		if t.Column == "" || t.Encoding != catalog.Native {
			continue
		}
		q, err := misplaced(r, s, t)
		if err != nil {
			return err
		}
		switch found, err := x.any(ctx, q); {
		case err != nil:
			return err
		case found:
			return fmt.Errorf("%w: %w", source.ErrValue, errZero)
		}
	}
	return nil
}

// zero reports whether the month or day of a DATETIME's text is zero.
func zero(v driver.Value) bool {
	b, ok := v.([]byte)
	return ok && (len(b) < 10 || string(b[5:7]) == "00" || string(b[8:10]) == "00")
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
		var forms []form
		columns, err := source.Columns(r, func(f catalog.Field) (source.Encoder, error) {
			form, err := formOf(f, s[f.Column])
			forms = append(forms, form)
			return form.encode, err
		})
		if err != nil {
			yield(nil, err)
			return
		}
		var rows *mysqlconn.Rows
		if err = x.placed(ctx, r, s); err == nil {
			rows, err = x.conn.Query(ctx, q.sql, q.args...)
		}
		if err != nil {
			yield(nil, fmt.Errorf("dataset %s: %w", r.Dataset, err))
			return
		}
		defer rows.Close()
		var b *source.Batch
		stop := func(err error) {
			cancel()
			if b != nil {
				b.Release()
			}
			yield(nil, err)
		}
		var scratch []byte
		for {
			row, err := rows.Next(ctx)
			if err != nil {
				stop(fmt.Errorf("dataset %s: %w", r.Dataset, err))
				return
			}
			if row == nil {
				break
			}
			for _, i := range q.times {
				if zero(row[i]) {
					stop(fmt.Errorf("%w: dataset %s: %w", source.ErrValue, r.Dataset, errZero))
					return
				}
			}
			if b == nil {
				if b, err = p.Get(ctx, columns); err != nil {
					stop(err)
					return
				}
			}
			for i, f := range forms {
				if scratch, err = f.add(b, row[i], scratch); err != nil {
					stop(source.ValueError(r, r.Fields[i], err))
					return
				}
			}
			if b.EndRecord() {
				full := b
				b = nil
				if !yield(full, nil) {
					cancel()
					return
				}
			}
		}
		if b != nil {
			yield(b, nil)
		}
	}
}
