// Package daemon runs a server for tests, which ends with the test that started
// it, whatever happens to the test. It is built with the tag "servers" only.
package daemon
