package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
)

var errRaw = errors.New("the connection is not the driver's")

func rawConn(conn *sql.Conn, f func(driver.Conn) error) error {
	return conn.Raw(func(c any) error {
		raw, ok := c.(driver.Conn)
		if !ok {
			return errRaw
		}
		return f(raw)
	})
}

// discard gives a connection up: it is closed, and the pool makes another one.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // gives back just that
}

// rawRows runs a query without what database/sql does for every value. The
// values are valid during the call only.
func rawRows(conn driver.Conn, query string, args []driver.NamedValue, f func([]driver.Value) error) (err error) {
	stmt, err := conn.Prepare(query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	asking, ok := stmt.(driver.StmtQueryContext)
	if !ok {
		return errDriver
	}
	rows, err := asking.QueryContext(context.Background(), args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(values); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := f(values); err != nil {
			return err
		}
	}
}

// prepared is the statements that a change runs for many entries: in a feed
// whose entries have dates of their own, for each.
type prepared struct{ statements map[string]driver.Stmt }

// ask gives the number that a statement gives first, if it gives one.
func (p *prepared) ask(c *Change, query string, values []driver.Value) (n int64, ok bool, err error) {
	if c.done {
		return 0, false, errDone
	}
	err = rawConn(c.conn, func(conn driver.Conn) error {
		stmt, err := p.statement(conn, query)
		if err != nil {
			return err
		}
		args := make([]driver.NamedValue, len(values))
		for i, v := range values {
			args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
		}
		rows, err := stmt.QueryContext(context.Background(), args)
		if err != nil {
			return err
		}
		into := make([]driver.Value, 1)
		if err = rows.Next(into); err == nil {
			n, ok = into[0].(int64)
		} else if err == io.EOF {
			err = nil
		}
		return errors.Join(err, rows.Close())
	})
	if err != nil {
		return 0, false, c.broken(err)
	}
	return n, ok, nil
}

func (p *prepared) statement(conn driver.Conn, query string) (driver.StmtQueryContext, error) {
	stmt, ok := p.statements[query]
	if !ok {
		var err error
		if stmt, err = conn.Prepare(query); err != nil {
			return nil, err
		}
		if p.statements == nil {
			p.statements = make(map[string]driver.Stmt)
		}
		p.statements[query] = stmt
	}
	asking, ok := stmt.(driver.StmtQueryContext)
	if !ok {
		return nil, errDriver
	}
	return asking, nil
}

// close must come before the connection is given back. It fails only when the
// connection is gone already, and the statements with it.
func (p *prepared) close(conn *sql.Conn) {
	_ = rawConn(conn, func(driver.Conn) error {
		for _, stmt := range p.statements {
			stmt.Close()
		}
		return nil
	})
	p.statements = nil
}
