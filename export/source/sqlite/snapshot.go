package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/ncruces/go-sqlite3"

	"writ/export/catalog"
	"writ/export/source"
)

// A snapshot is one read transaction.
type snapshot struct {
	conn     *sqlite3.Conn
	may      names // what the statement at hand may read
	counting bool  // it may count as well
}

// Close implements [source.Snapshot].
func (x *snapshot) Close() error {
	x.conn.SetInterrupt(context.Background())
	return x.conn.Close() // which ends the transaction
}

// prepare compiles q. Until the next statement SQLite may read what q names, and
// no more: it compiles a statement again at its first step where that is bound
// to values of which it keeps statistics (sqlite.org/c3ref/prepare.html).
func (x *snapshot) prepare(ctx context.Context, q query) (*sqlite3.Stmt, error) {
	x.conn.SetInterrupt(ctx)
	x.may, x.counting = q.may, q.counting
	stmt, tail, err := x.conn.Prepare(q.sql)
	if err != nil || tail != "" {
		stmt.Close()
		if e, ok := errors.AsType[*sqlite3.Error](err); ok && ctx.Err() == nil && (e.Code() == sqlite3.ERROR || e.Code() == sqlite3.AUTH) {
			// Compiling reads no row: the message holds names only.
			return nil, fmt.Errorf("%w: %w", source.ErrSchema, err)
		}
		return nil, failure(ctx, err)
	}
	for i, a := range q.args {
		switch v := a.(type) {
		case string:
			err = errors.Join(err, stmt.BindText(i+1, v))
		case int64:
			err = errors.Join(err, stmt.BindInt64(i+1, v))
		}
	}
	if err != nil {
		stmt.Close()
		return nil, failure(ctx, err)
	}
	return stmt, nil
}

// Find implements [source.Snapshot].
func (x *snapshot) Find(ctx context.Context, l source.Lookup, limit int) ([]source.Account, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	q, err := find(l, limit)
	if err != nil {
		return nil, err
	}
	stmt, err := x.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	var found []source.Account
	for stmt.Step() {
		switch {
		case !isKey(stmt.ColumnType(0)):
			return nil, fmt.Errorf("%w: identifier %s: an account's key is neither text nor an integer", source.ErrValue, l.Identifier.Type)
		case stmt.ColumnType(1) != sqlite3.NULL && !isKey(stmt.ColumnType(1)):
			return nil, fmt.Errorf("%w: account %s: a tenant is neither text nor an integer", source.ErrValue, l.Account.Name)
		case stmt.ColumnType(2) == sqlite3.NULL:
			return nil, fmt.Errorf("%w: identifier %s names an account that the table of %s does not have, so its tenant is not known", source.ErrValue, l.Identifier.Type, l.Account.Name)
		}
		found = append(found, source.Account{Key: stmt.ColumnText(0), Tenant: stmt.ColumnText(1)})
	}
	if err := stmt.Err(); err != nil {
		return nil, failure(ctx, err)
	}
	return found, nil
}

func isKey(t sqlite3.Datatype) bool { return t == sqlite3.TEXT || t == sqlite3.INTEGER }

// Describe implements [source.Snapshot]. It shows the query of one account;
// several are read by the same query each, and merged.
func (x *snapshot) Describe(_ context.Context, r source.Read) (string, error) {
	if err := r.Check(); err != nil {
		return "", err
	}
	r.Accounts = r.Accounts[:1]
	q, err := pull(r)
	return q.sql, err
}

// Estimate implements [source.Snapshot]. It counts: the file is near.
func (x *snapshot) Estimate(ctx context.Context, r source.Read) (int64, error) {
	if err := r.Check(); err != nil {
		return 0, err
	}
	var n int64
	for _, a := range r.Accounts {
		q, err := count(r, a)
		if err != nil {
			return 0, err
		}
		q.counting = true
		stmt, err := x.prepare(ctx, q)
		if err != nil {
			return 0, err
		}
		if stmt.Step() {
			n += stmt.ColumnInt64(0)
		}
		err = stmt.Err()
		stmt.Close()
		if err != nil {
			return 0, failure(ctx, err)
		}
	}
	return n, nil
}

// Pull implements [source.Snapshot].
func (x *snapshot) Pull(ctx context.Context, r source.Read, p *source.Pool) iter.Seq2[*source.Batch, error] {
	return func(yield func(*source.Batch, error) bool) {
		stmt, columns, forms, err := x.open(ctx, r)
		if err != nil {
			yield(nil, err)
			return
		}
		defer stmt.Close()
		var b *source.Batch
		var scratch []byte
		for stmt.Step() {
			if b == nil {
				if b, err = p.Get(ctx, columns); err != nil {
					yield(nil, err)
					return
				}
			}
			for i, f := range forms {
				if scratch, err = f.add(b, stmt, i, scratch); err != nil {
					b.Release()
					if stmt.Err() != nil {
						err = failure(ctx, err)
					} else {
						err = source.ValueError(r, r.Fields[i], err)
					}
					yield(nil, err)
					return
				}
			}
			if b.EndRecord() {
				full := b
				b = nil
				if !yield(full, nil) {
					return
				}
			}
		}
		switch err := stmt.Err(); {
		case err != nil:
			if b != nil {
				b.Release()
			}
			yield(nil, failure(ctx, err))
		case b != nil:
			yield(b, nil)
		}
	}
}

// open checks r and compiles its query; no record is read yet.
func (x *snapshot) open(ctx context.Context, r source.Read) (*sqlite3.Stmt, []source.Column, []form, error) {
	if err := r.Check(); err != nil {
		return nil, nil, nil, err
	}
	var forms []form
	columns, err := source.Columns(r, func(f catalog.Field) (source.Encoder, error) {
		form, err := formOf(f)
		forms = append(forms, form)
		return form.encode, err
	})
	if err != nil {
		return nil, nil, nil, err
	}
	q, err := pull(r)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := x.comparable(ctx, r); err != nil {
		return nil, nil, nil, err
	}
	stmt, err := x.prepare(ctx, q)
	return stmt, columns, forms, err
}

// comparable refuses accounts with a time that is not of its column's encoding.
func (x *snapshot) comparable(ctx context.Context, r source.Read) error {
	for _, c := range []catalog.TimeColumn{r.Time, r.Until} {
		for _, a := range r.Accounts {
			if c.Column == "" {
				continue
			}
			stmt, err := x.prepare(ctx, misplaced(r, a, c))
			if err != nil {
				return err
			}
			found := stmt.Step()
			err = stmt.Err()
			stmt.Close()
			switch {
			case err != nil:
				return failure(ctx, err)
			case found:
				return fmt.Errorf("%w: dataset %s: a time is not in the encoding %q, so it can't be said whether the record is in the window", source.ErrValue, r.Dataset, c.Encoding)
			}
		}
	}
	return nil
}
