package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/urfave/cli/v2"

	"writ/manifest/ledger"
)

func ledgerServeCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "serve the ledger read-only over HTTP, as c2sp.org/tlog-tiles has it, until interrupted",
		Description: "writ ledger serve\n" +
			"writ ledger serve --listen 10.0.0.7:8440    behind your own TLS\n" +
			"Auditors and monitors read it with their own tools. There is nothing in it that they may not see.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8440", Usage: "`ADDRESS` and port; port 0 takes a free one"},
			jsonFlag,
		},
		Action: runLedgerServe,
	}
}

func runLedgerServe(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	w, v, err := openLedger(c)
	if err != nil {
		return err
	}
	r, err := w.LedgerReader()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.String("listen"))
	if err != nil {
		return fmt.Errorf("%w: --listen: %w", errUsage, err)
	}
	where := "http://" + l.Addr().String() + "/"
	if c.Bool("json") {
		err = printJSON(c, map[string]string{"origin": v.Checkpoint().Origin(), "url": where})
	} else {
		_, err = fmt.Fprintf(c.App.Writer, "%s is served at %s\n", v.Checkpoint().Origin(), where)
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return serve(c.Context, l, r)
}

// serve answers until ctx ends, and then lets requests under way finish.
func serve(ctx context.Context, l net.Listener, r *ledger.Reader) error {
	const patience = 10 * time.Second
	s := &http.Server{
		Handler:           r.Handler(),
		ReadHeaderTimeout: patience,
		ReadTimeout:       patience,
		WriteTimeout:      time.Minute, // 16 MiB to a slow reader
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := s.Shutdown(last)
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
