// Package pgtest runs a private PostgreSQL for tests: a new cluster in a
// temporary folder, on 127.0.0.1 and a Unix socket, which the test that started
// it always stops. Nothing of the machine's own PostgreSQL is touched.
//
// It is built with the tag "servers" only: a test that needs it needs a server,
// and fails where there is none.
package pgtest
