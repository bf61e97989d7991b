package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/catalog"
	"writ/export/lockdown"
	"writ/export/order"
	"writ/export/outbox"
	"writ/export/plan"
	"writ/export/policy"
	"writ/export/record"
	"writ/export/source"
	"writ/export/workspace"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/approval"
	"writ/manifest/audit"
	"writ/manifest/bundle"
	"writ/manifest/exhibit"
	"writ/manifest/ledger"
	"writ/manifest/transparency"
	"writ/manifest/transparency/tally"
)

// exits says which family of errors ends with which code; the first that
// matches counts. An error that none matches is internal: 1.
var exits = []struct {
	code   int
	family error
}{
	// What somebody brought, whatever is wrong with it.
	{2, audit.ErrInput},
	{2, record.ErrRequest},
	// What says that the ledger is in trouble, whatever else went wrong.
	{4, ledger.ErrUntrusted},
	{4, act.ErrAct},
	{4, export.ErrDamaged},
	{5, ledger.ErrDeadline},
	{6, export.ErrRefused},
	{6, export.ErrRate},
	{2, export.ErrFingerprint},
	{6, plan.ErrCeiling},
	{6, lockdown.ErrNotApproved},
	{3, order.ErrRejected},
	{3, approval.ErrApproval},
	{3, plan.ErrTarget},
	{3, manifest.ErrTooLarge}, // of an order that asks for too much at once
	{3, outbox.ErrDelivered},
	{4, bundle.ErrVerify},
	{4, manifest.ErrManifest},
	{2, exhibit.ErrRequest},
	{4, exhibit.ErrFormat},
	{5, source.ErrUnavailable},
	{2, errUsage},
	{2, export.ErrRequest},
	{2, plan.ErrNotMandated},
	{4, audit.ErrFindings},
	{4, transparency.ErrCase},
	{2, transparency.ErrReport},
	{2, tally.ErrConfig},
	{5, ledger.ErrNotFound},
	{2, ledger.ErrMissing},
	{2, ledger.ErrExists},
	{2, ledger.ErrRange},
	{2, ledger.ErrKey},
	{2, ledger.ErrPolicy},
	{2, ledger.ErrUnsupported},
	{5, ledger.ErrFetch},
	{2, workspace.ErrConfig},
	{2, catalog.ErrCatalog},
	{2, lockdown.ErrUnusable},
	{2, policy.ErrPolicy},
	{2, trust.ErrRegistry},
	{2, sign.ErrKey},
	{2, seal.ErrRecipient},
	{2, seal.ErrIdentity},
}

// exitCode is the one place where an error becomes an exit code, for text and JSON alike.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	for _, e := range exits {
		if errors.Is(err, e.family) {
			return e.code
		}
	}
	return 1
}

// report writes err for people, or as one JSON object if the command line asked for JSON.
func report(w io.Writer, args []string, err error) {
	if slices.Contains(args, "--json") || slices.Contains(args, "-json") {
		said := map[string]any{"error": err.Error(), "exit_code": exitCode(err)}
		if finding, ok := errors.AsType[*bundle.Finding](err); ok {
			said["finding"] = finding.Code
		}
		json.NewEncoder(w).Encode(said)
		return
	}
	fmt.Fprintf(w, "writ: error: %v\n", err)
}
