package postgres

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"writ/export/source"
)

// A server that speaks the protocol and does not know a setting is told by its name.
func TestBeginWithoutASetting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		b := pgproto3.NewBackend(conn, conn)
		if _, err := b.ReceiveStartupMessage(); err != nil {
			return
		}
		b.Send(&pgproto3.AuthenticationOk{})
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		for b.Flush() == nil {
			if m, err := b.Receive(); err != nil {
				return
			} else if _, ok := m.(*pgproto3.Query); ok {
				b.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42704", Message: `unrecognized configuration parameter "jit"`})
				b.Send(&pgproto3.ReadyForQuery{TxStatus: 'E'})
			}
		}
	}()
	s, err := Open(t.Context(), "postgres://u@"+l.Addr().String()+"/d?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Begin(t.Context()); !errors.Is(err, source.ErrSchema) || !strings.Contains(err.Error(), `parameter "jit"`) {
		t.Errorf("Begin = %v, want the setting's name", err)
	}
}
