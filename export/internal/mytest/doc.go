// Package mytest runs a private MariaDB for tests: a new server in a temporary
// folder, on a Unix socket and 127.0.0.1, which the test that started it always
// stops. Nothing of the machine's own server is touched.
//
// It is built with the tag "servers" only: a test that needs it needs a server,
// and fails where there is none.
package mytest
